"""When so much goes wrong that the fault is likelier ours: past these limits the worker stops and drains no topic.

One agency that sends nothing but rubbish never stops the hub, nor is it held: behind its rubbish may stand a warning.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from fusionbus.contract.errors import Misconfigured
from fusionbus.contract.records import RejectReason
from fusionbus.streams.values import Rejection

POISON_RUN_MAX = 20
"""Records in a row that no step could process: past it the fault is ours, and stopping beats draining a topic."""
REFUSED_RUN_MAX = 10
"""So many reports of one agency refused in a row are no slip of one desk. Each has its receipt and its dead letter; the
30 of three agencies `fusionbus dead-letters replay` brings back in one command."""
AGENCIES_MIN = 3
"""Two agencies may well have the same wrong software; three and the majority of all that were heard have the hub."""
HEARD_WITHIN = timedelta(minutes=10)
"""What an agency sent longer ago tells nothing of now; every large agency is heard within this time."""


@dataclass(slots=True)
class Poison:
    """What one step could not take, of late.

    Args:
        refused_run_max: reports of one agency in a row; 0 puts no limit to refusals.
    """

    refused_run_max: int = REFUSED_RUN_MAX
    run: int = 0
    """Records in a row that the step failed on."""
    _heard: dict[str, tuple[int, datetime]] = field(default_factory=dict)
    """By agency, how many of its reports were refused in a row, and when the last was looked at."""

    def failed(self, error: Exception) -> Rejection:
        """A rejection for a record that a step failed on. Raises: the error itself once too many have failed."""
        self.run += 1
        if self.run > POISON_RUN_MAX:
            raise error
        why = (
            f"The hub could not process this message ({type(error).__name__}); it is kept, and the hub's desk is told."
        )
        return Rejection(RejectReason.UNPROCESSABLE, why)

    def heard(self, agency: str, *, taken: bool, now: datetime) -> None:
        """Notes whether a report of this agency was taken."""
        self._heard[agency] = 0 if taken else self._heard.get(agency, (0, now))[0] + 1, now

    def check(self, now: datetime) -> None:
        """Returns unless the hub refuses almost everyone. Raises: Misconfigured then, before the batch is sent."""
        if not self.refused_run_max:
            return
        runs = {agency: run for agency, (run, at) in self._heard.items() if now - at <= HEARD_WITHIN}
        refused = sorted(agency for agency, run in runs.items() if run >= self.refused_run_max)
        taken = sum(not run for run in runs.values())
        if len(refused) >= AGENCIES_MIN and len(refused) > taken:
            raise Misconfigured(
                f"The last {self.refused_run_max} reports or more of {len(refused)} agencies were all refused "
                f"({', '.join(refused[:5])}) and those of {taken} taken: look at the hub's clock, registry and version "
                "and at `fusionbus dead-letters list`; if the agencies are wrong all the same, FUSION_REFUSED_RUN_MAX=0"
            )
