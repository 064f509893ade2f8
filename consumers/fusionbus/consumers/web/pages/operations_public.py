"""The panel of the tip line: what the public told and nobody has decided on."""

from fusionbus.consumers.operations.figures import AGE_NAMES, Figures
from fusionbus.consumers.web.pages.operations_view import a_panel, a_table, nothing_yet, sourced, span_of

URGENT_S_MAX = 900.0
"""As the alert rule TipsUntended."""


def tips(told: Figures) -> str:
    """Tips that wait for triage by age, and since when the oldest; where no tip line is heard, nobody knows."""
    if told.tips is None:
        said = "No tip line was heard: `fusionbus tips serve --metrics-port`, and its address in FUSION_METRICS_URLS."
        return a_panel("Tips", nothing_yet(said), ("tips",))
    waiting = told.tips.waiting
    rows = [(name, sourced(f"{waiting.get(name, 0):,}", "tips", bad=index > 1)) for index, name in enumerate(AGE_NAMES)]
    urgent, other = told.tips.oldest_urgent_s, told.tips.oldest_other_s
    rows += [
        ("oldest of imminent danger", sourced(_since(urgent), "tips", bad=urgent > URGENT_S_MAX)),
        ("oldest of the others", sourced(_since(other), "tips")),
    ]
    return a_panel(
        "Tips", a_table("Tips that wait for triage, by age", ("waiting", "tips"), rows, numbers=1), ("tips",)
    )


def _since(seconds: float) -> str:
    return span_of(seconds) if seconds else "–"
