"""Reliability and skill as PNG."""

from collections.abc import Mapping
from pathlib import Path
from typing import Final

from matplotlib.figure import Figure

from fusionbus.streams.patterns.forecast.models import Model
from quality.forecast.measures import Difference, Tally, reliability

NAMES: Final = {Model.CLIMATOLOGY: "long run", Model.EWMA: "last months", Model.SELF_EXCITING: "self-exciting"}
_MARKS: Final = {Model.CLIMATOLOGY: "s", Model.EWMA: "o", Model.SELF_EXCITING: "^"}


def draw_reliability(tallies: Mapping[Model, Tally], path: Path) -> Path:
    """Draws what was said against what was so, of each model."""
    figure = Figure(figsize=(5.5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    for model, tally in tallies.items():
        bins = reliability(tally.said)
        reach = [[each.so - each.low for each in bins], [each.high - each.so for each in bins]]
        axes.errorbar(
            [each.said for each in bins], [each.so for each in bins], yerr=reach,
            marker=_MARKS[model], markersize=5, capsize=2, linewidth=1, label=NAMES[model],
        )  # fmt: skip
    axes.set(xlabel="probability said", ylabel="share of district-weeks with an attack", xlim=(0, 1), ylim=(0, 1))
    axes.legend()
    return _saved(figure, path)


def draw_skill(cases: Mapping[str, Mapping[Model, Difference]], path: Path) -> Path:
    """Draws how much lower the Brier score was than the long run's, in each case, with 95 % intervals."""
    figure = Figure(figsize=(6.5, 3), layout="constrained")
    axes = figure.subplots()
    axes.axvline(0, color="grey", linewidth=1)
    rows = [(f"{case}: {NAMES[model]}", model, each) for case, by in cases.items() for model, each in by.items()]
    for height, (_, model, each) in enumerate(reversed(rows)):
        axes.errorbar(
            [-each.value], [height], xerr=[[each.high - each.value], [each.value - each.low]],
            marker=_MARKS[model], capsize=3, color="C0" if model is Model.EWMA else "C1",
        )  # fmt: skip
    axes.set_yticks(range(len(rows)), [name for name, _, _ in reversed(rows)])
    axes.set(xlabel="Brier score below the long run's (right is better)")
    return _saved(figure, path)


def _saved(figure: Figure, path: Path) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=110)
    return path
