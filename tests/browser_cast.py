"""Who takes part in the browser's tests, and what they tell: a part of the demo's scenario, on a small federation."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import yaml

from fusionbus.contract.report import ThreatReport
from fusionbus.producers.scenario import telling as scenario

NAMES: Final = ("NACTA", "IB", "CTD-KP", "POLICE-KP", "PFC-KP", "FC-KP", "CTD-BA", "POLICE-BA")
_FILE: Final = Path(__file__).resolve().parents[1] / "deploy" / "agencies.yaml"


def federation() -> dict[str, dict[str, Any]]:
    """These agencies as the project's own file has them, by name."""
    listed = yaml.safe_load(_FILE.read_text(encoding="utf-8"))["agencies"]
    chosen = {each["agency"]: {k: v for k, v in each.items() if k != "agency"} for each in listed}
    for fields in chosen.values():
        fields["serves"] = [name for name in fields.get("serves", []) if name in NAMES]
    return {name: chosen[name] for name in NAMES}


def story() -> list[ThreatReport]:
    """What these agencies tell in the scenario, as if it had just happened; oldest first."""
    told = (line.report for line in scenario.load().lines(datetime.now(UTC)))
    return [report for report in told if report.agency in NAMES]


def of(told: list[ThreatReport], attack: str) -> list[ThreatReport]:
    """Those that tell of this attack."""
    return [report for report in told if f"/{attack}/" in (report.local_ref or "")]
