"""The calibration plot and the precision-recall curve as PNG."""

from collections.abc import Sequence
from pathlib import Path

from matplotlib.figure import Figure

from quality.calibration import Bin


def draw(bins: Sequence[Bin], curve: Sequence[tuple[float, float]], folder: Path, name: str) -> list[Path]:
    """Draws both into the folder and says where."""
    folder.mkdir(parents=True, exist_ok=True)
    made = [folder / f"{name}-calibration.png", folder / f"{name}-precision-recall.png"]
    _calibration(bins).savefig(made[0], dpi=120)
    _precision_recall(curve).savefig(made[1], dpi=120)
    return made


def _calibration(bins: Sequence[Bin]) -> Figure:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([0, 1], [0, 1], color="grey", linewidth=1)
    axes.plot([each.said for each in bins], [each.so for each in bins], marker="o")
    for each in bins:
        axes.annotate(f"{each.decisions:,}", (each.said, each.so), textcoords="offset points", xytext=(6, -10))
    axes.set(xlabel="probability said", ylabel="share that was right", xlim=(0, 1), ylim=(0, 1), title="Calibration")
    return figure


def _precision_recall(curve: Sequence[tuple[float, float]]) -> Figure:
    figure = Figure(figsize=(5, 5), layout="constrained")
    axes = figure.subplots()
    axes.plot([recall for recall, _ in curve], [precision for _, precision in curve])
    axes.set(
        xlabel="recall of joining",
        ylabel="precision of joining",
        xlim=(0, 1),
        ylim=(0, 1.02),
        title="Every threshold",
    )
    return figure
