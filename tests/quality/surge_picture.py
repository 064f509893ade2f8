"""A picture of one simulated outbreak: attacks, what was expected, and when the scan and EARS see it."""

from datetime import timedelta
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from fusionbus.streams.patterns.attacks import moment_of
from fusionbus.streams.patterns.surges.ears import C2_MAX, DAYS_NEEDED, ears
from fusionbus.streams.patterns.surges.index import SCORE_MIN
from fusionbus.streams.patterns.surges.scan import neighbours
from quality.outbreaks import Event, Watch, simulated

DISTRICT: Final = "Tank"
DAYS: Final = 60
BEGIN: Final = 40
END: Final = 50
OUTBREAK: Final = (0.1, 1.3, 2.2, 3.6, 4.1, 4.9, 6.0, 7.4, 8.8, 9.3)
"""Days after its first day."""


def draw(folder: Path) -> Path:
    """Draws it into the folder and says where."""
    background = simulated(600, 3.0, 5)
    end = background[-1].at
    begin = end - timedelta(days=DAYS - BEGIN)
    places = neighbours(DISTRICT)
    added = [
        Event(begin + timedelta(days=after), places[number % 2], "blast", "TTP")
        for number, after in enumerate(OUTBREAK)
    ]
    watch = Watch(sorted([*background, *added], key=lambda each: each[:3]), score_min=0.0)
    first = int(moment_of(end)) - DAYS + 1
    counts = [sum(watch.daily[name][day] for name in places) for day in range(first - DAYS_NEEDED, first + DAYS)]
    scores, c2 = [0.0] * DAYS, [0.0] * DAYS
    for name in watch.index.between(float(first), moment_of(end)):
        signal = watch.index.signal(name)
        if signal is not None and set(signal.region.districts) & set(places):
            day = int(signal.moment) - first
            scores[day] = max(scores[day], signal.region.score)
    for day in range(DAYS):
        c2[day] = ears(counts[day + 1 : day + 1 + DAYS_NEEDED]).c2
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "surge.png"
    _figure(counts[DAYS_NEEDED:], scores, c2).savefig(path, dpi=110)
    return path


def _figure(counts: list[int], scores: list[float], c2: list[float]) -> Figure:
    figure = Figure(figsize=(8, 5.4), layout="constrained")
    upper, middle, lower = figure.subplots(3, sharex=True)
    days = range(len(counts))
    upper.bar(days, counts, color=["#b5402f" if BEGIN <= day <= END else "#8796a5" for day in days])
    upper.set(
        ylabel="attacks", title=f"A simulated outbreak in {DISTRICT} and the next district, days {BEGIN} to {END}"
    )
    middle.bar(days, scores, color="#2f6db5")
    middle.axhline(SCORE_MIN, color="#b5402f", linewidth=1)
    middle.set(ylabel="scan score")
    lower.bar(days, c2, color="#2f8f5b")
    lower.axhline(C2_MAX, color="#b5402f", linewidth=1)
    lower.set(ylabel="EARS C2", xlabel="day; the red lines are the thresholds")
    return figure
