"""`make quality REPORTS=… LABELS=…`: what fusion makes of a labelled file, beside what is simpler.

LABELS is CSV with report_id, incident_id and, if wished, subset; or the truth that `fusionbus simulate` writes.
"""

import argparse
import sys
from pathlib import Path

from rich.console import Console
from rich.table import Table

from fusionbus.contract.errors import FixTheReport
from fusionbus.contract.report import ThreatReport
from fusionbus.streams.fuse import reader
from quality import plots
from quality.baseline import WINDOW, best_of_words
from quality.calibration import bins_of, expected_calibration_error, judged, precision_recall
from quality.errors import causes_of
from quality.growth import growth
from quality.independence import independence
from quality.replay import Decision, Replay
from quality.scores import Scores, score
from quality.truth import Truth, read_truth

_CAUSES = 12
console = Console(highlight=False)


def main() -> None:
    """Fuses, scores, draws and prints."""
    wish = _wish()
    if wish.growth:
        _tell_growth()
    if wish.reports is None:
        return
    truth = read_truth(wish.labels, wish.subset)
    if not truth.incident:
        sys.exit(f"{wish.labels} labels no report{f' of subset {wish.subset}' if wish.subset else ''}.")
    reports = _read(wish.reports, wish.mapping)
    replay = Replay(truth)
    decisions = list(replay.decisions(reports))
    known = [each for each in decisions if each.truth is not None]
    if not known:
        sys.exit(f"{wish.labels} labels none of the reports in {wish.reports}.")
    _tell_scores(wish.reports.name, known, truth)
    each_us = replay.spent_s / replay.reports * 1e6
    console.print(
        f"Enriched and correlated: {each_us:,.0f} µs of processor time a report, {1e6 / each_us:,.0f} a second."
    )
    _tell_calibration(known)
    if truth.origin:
        _tell_independence(known, truth)
    _tell_errors(known, replay)
    _draw(known, wish.out, wish.reports.stem)


def _wish() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--reports", type=Path)
    parser.add_argument("--labels", type=Path)
    parser.add_argument("--mapping", default="event-record", help="event-record or report")
    parser.add_argument("--subset", help="only labels of this subset")
    parser.add_argument("--out", type=Path, default=Path("quality"), help="folder for the plots")
    parser.add_argument("--growth", action="store_true", help="cost with 1,000, 10,000 and 100,000 reports open")
    wish = parser.parse_args()
    if wish.reports is None and wish.growth:
        return wish
    for path in (wish.reports, wish.labels):
        if path is None or not path.is_file():
            sys.exit(f"{path} is no file: say make quality REPORTS=file.jsonl LABELS=labels.csv")
    return wish


def _read(path: Path, mapping: str) -> list[ThreatReport]:
    read, found = reader(mapping), []
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                found.append(read(line))
            except FixTheReport as exc:
                console.print(f"line {number}: {exc}", markup=False)
    return found


def _tell_scores(name: str, known: list[Decision], truth: Truth) -> None:
    right = {each.key: each.truth or "" for each in known}
    keys = [each.key for each in known]
    words, least = best_of_words([each.report for each in known], keys, right)
    table = Table("", "pair P", "pair R", "pair F1", "B3 P", "B3 R", "B3 F1", title=name)
    _row(table, "fused", score({each.key: each.incident_id for each in known}, right))
    _row(table, f"TF-IDF, {WINDOW.days} days, at its best threshold ({least:.2f})", words)
    _row(table, "every report alone", score({}, right))
    console.print(table)
    unlabelled = len(truth.incident) - len(known)
    more = f"; {unlabelled:,} labels have no report" if unlabelled else ""
    console.print(f"{len(known):,} labelled reports in {len(set(right.values())):,} incidents{more}.")


def _row(table: Table, name: str, found: Scores) -> None:
    figures = (found.pair_precision, found.pair_recall, found.pair_f1, found.b3_precision, found.b3_recall, found.b3_f1)
    table.add_row(name, *(f"{figure:.3f}" for figure in figures))


def _tell_calibration(known: list[Decision]) -> None:
    said = judged(known)
    joined = judged([each for each in known if each.joined])
    console.print(
        f"Expected calibration error {expected_calibration_error(said):.3f} over {len(said):,} decisions on a best "
        f"incident, {expected_calibration_error(joined):.3f} over the {len(joined):,} that joined it.",
    )


def _tell_independence(known: list[Decision], truth: Truth) -> None:
    found = independence(known, truth)
    console.print(
        f'"Independent": precision {found.precision:.3f}, recall {found.recall:.3f} over {found.reports:,} reports; '
        f"{found.confirmed_precision:.3f} of the incidents with two origins have two.",
    )


def _tell_errors(known: list[Decision], replay: Replay) -> None:
    causes = causes_of(known, replay.first_of)
    console.print(f"\n{sum(cause.count for cause in causes):,} errors, by the field that misled:")
    for cause in causes[:_CAUSES]:
        console.print(f"{cause.count:5,} {cause.kind}: {cause.field}", markup=False)
        for example in cause.examples:
            console.print(f"        {example}", markup=False, soft_wrap=True)


def _draw(known: list[Decision], folder: Path, name: str) -> None:
    made = plots.draw(bins_of(judged(known)), precision_recall(known), folder, name)
    console.print(f"\nDrawn: {', '.join(map(str, made))}", soft_wrap=True)


def _tell_growth() -> None:
    found = list(growth())
    for count, spent_s in found:
        console.print(f"{count:8,} reports open: {spent_s * 1e6:6,.0f} µs a report, {1 / spent_s:6,.0f} a second")
    console.print(f"From the first to the last the cost of a report grows {found[-1][1] / found[0][1]:.2f} times.\n")


if __name__ == "__main__":
    main()
