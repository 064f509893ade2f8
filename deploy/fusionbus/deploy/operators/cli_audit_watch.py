"""`fusionbus audit watch`: verifies the audit again and again, and lets Prometheus know what was found."""

import time
from pathlib import Path
from typing import Annotated

import typer

from fusionbus.contract.errors import RetryLater
from fusionbus.deploy.operators import showing, words
from fusionbus.deploy.operators.cli_seals import PublicKeys, tell, verdict_now
from fusionbus.deploy.operators.seal_check import Verdict
from fusionbus.shell import metrics


def watch(
    *,
    every_s: Annotated[float, typer.Option(min=1, help="From the end of one look to the next.")] = 3_600.0,
    metrics_port: Annotated[int | None, typer.Option(min=1, max=65_535, help="Serve Prometheus metrics here.")] = None,
    checkpoints: Annotated[
        list[Path] | None, typer.Option(help="A file made by `audit checkpoints`; may be repeated.")
    ] = None,
    public_key: PublicKeys = None,
    bootstrap: words.Bootstrap = None,
) -> None:
    """Verify the audit every so often until Ctrl-C, and count what is wrong for Prometheus.

    Each look reads the whole audit. A broker that is away is told, and tried again at the next look.
    Example: fusionbus audit watch --every-s 3600 --metrics-port 9132 --public-key audit-seal.pub
    """
    metrics.serve(metrics_port)
    while True:
        try:
            verdict = verdict_now(checkpoints or (), public_key, bootstrap)
        except RetryLater as exc:
            typer.echo(showing.neutral(str(exc)), err=True)
        else:
            note(verdict)
            tell(verdict)
        time.sleep(every_s)


def note(verdict: Verdict) -> None:
    """Sets the metrics of a whole look."""
    metrics.AUDIT_FAULTS.set(len(verdict.faults))
    metrics.AUDIT_VERIFIED.set_to_current_time()
