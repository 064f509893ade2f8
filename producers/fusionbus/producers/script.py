"""What an agency's script needs: the key of this machine, and one call that sends."""

from fusionbus.contract.report import ThreatReport
from fusionbus.producers.sender import send_or_keep
from fusionbus.producers.settings import ProducerSettings
from fusionbus.producers.tokens import FederationKey, federation_key
from fusionbus.shell import logs
from fusionbus.shell.settings import load


def my_key() -> FederationKey:
    """The federation key this machine is set to. Raises: Misconfigured."""
    return federation_key(load(ProducerSettings))


def send(report: ThreatReport) -> None:
    """Keeps the report on this machine, sends it if the broker answers, and prints where it is now.

    Raises: FixTheReport, Misconfigured or RetryLater, when it could not even be kept.
    """
    logs.set_up("WARNING")
    print(send_or_keep(report, load(ProducerSettings)))  # noqa: T201 - the script speaks
