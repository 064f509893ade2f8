"""What a process answers over HTTP."""

from http.client import HTTPConnection

import pytest
from prometheus_client import CollectorRegistry, Counter

from fusionbus.contract.errors import Misconfigured
from fusionbus.shell.serving import serve

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def ask(port: int, path: str, method: str = "GET") -> tuple[int, str]:
    connection = HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()
    finally:
        connection.close()


def test_metrics_and_probes_are_answered_and_nothing_else_is() -> None:
    registry, ill = CollectorRegistry(), ["State is being recovered."]
    Counter("fusion_made_up", "Made up.", registry=registry)
    port = serve(0, "127.0.0.1", registry, {"live": lambda: None, "ready": lambda: ill[0] if ill else None})
    assert ask(port, "/live") == (200, "ok\n")
    assert ask(port, "/ready") == (503, "State is being recovered.\n")
    ill.clear()
    assert ask(port, "/ready") == (200, "ok\n")
    assert "fusion_made_up_total 0.0" in ask(port, "/metrics")[1]
    for path in ("/tables", "/live/seen", "/../etc/passwd"):
        assert ask(port, path) == (404, "There is /metrics, /live, /ready.\n")
    assert ask(port, "/live", "POST")[0] == 405


def test_a_taken_port_and_a_wrong_address_are_said_in_a_sentence() -> None:
    port = serve(0, "127.0.0.1", CollectorRegistry(), {})
    with pytest.raises(Misconfigured, match=f"127.0.0.1:{port} .* choose another port"):
        serve(port, "127.0.0.1", CollectorRegistry(), {})
    with pytest.raises(Misconfigured, match="FUSION_METRICS_HOST: 'everywhere' is not an address"):
        serve(0, "everywhere", CollectorRegistry(), {})
