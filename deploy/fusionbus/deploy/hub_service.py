"""The hub's workers on one machine: what is started, and whether it is ready."""

import os
import time
from http import HTTPStatus
from http.client import HTTPConnection, HTTPException
from typing import Final

from fusionbus.deploy.service import LOOK_S, Wanted
from fusionbus.shell.serving import LOOPBACK

WORKERS: Final = 2
METRICS_PORT: Final = 9101
"""Of the first worker, the next one has the next; `deploy/prometheus` reads these."""
READY_S_MAX: Final = 60.0
ANSWER_BYTES_MAX: Final = 500


def workers(number: int, first_port: int) -> list[Wanted]:
    """So many workers, each with a metrics port of its own."""
    return [
        Wanted(f"worker-{one}", ("worker", "--id", f"hub-{one}", "--metrics-port", str(first_port + one - 1)))
        for one in range(1, number + 1)
    ]


def wait_until_ready(first_port: int = METRICS_PORT, workers: int = WORKERS) -> str | None:
    """None when every worker says that it is ready, or after a minute what one of them still waits for."""
    until, waits = time.monotonic() + READY_S_MAX, None
    for port in range(first_port, first_port + workers):
        while (waits := _waits_for(port)) is not None and time.monotonic() < until:
            time.sleep(LOOK_S)
        if waits is not None:
            return waits
    return None


def _waits_for(port: int) -> str | None:
    connection = HTTPConnection(os.environ.get("FUSION_METRICS_HOST", LOOPBACK), port, timeout=2)
    try:
        connection.request("GET", "/ready")
        answer = connection.getresponse()
        return (
            None if answer.status == HTTPStatus.OK else answer.read(ANSWER_BYTES_MAX).decode("utf-8", "replace").strip()
        )
    except (OSError, HTTPException):
        return f"The worker at port {port} does not answer yet."
    finally:
        connection.close()
