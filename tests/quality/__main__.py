"""`make quality REPORTS=… LABELS=…`: what fusion makes of a labelled file, beside every report on its own.

LABELS is CSV with report_id, incident_id and, if wished, subset; or the truth that `fusionbus simulate` writes.
"""

import argparse
import csv
import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from quality.scores import Scores, score


def main() -> None:
    """Fuses, scores and prints."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--reports", type=Path, required=True)
    parser.add_argument("--labels", type=Path, required=True)
    parser.add_argument("--mapping", default="event-record", help="event-record or report")
    parser.add_argument("--subset", help="only labels of this subset")
    wish = parser.parse_args()
    for path in (wish.reports, wish.labels):
        if not path.is_file():
            sys.exit(f"{path} is no file: say make quality REPORTS=file.jsonl LABELS=labels.csv")
    truth = read_truth(wish.labels, wish.subset)
    if not truth:
        sys.exit(f"{wish.labels} labels no report{f' of subset {wish.subset}' if wish.subset else ''}.")
    begun = time.perf_counter()
    said = fuse(wish.reports, wish.mapping)
    took = time.perf_counter() - begun
    table = Table("", "pair P", "pair R", "pair F1", "B3 P", "B3 R", "B3 F1", title=f"{wish.reports.name}")
    _row(table, "fused", score(said, truth))
    _row(table, "every report alone", score({}, truth))
    console = Console()
    console.print(table)
    console.print(f"{len(truth):,} labelled reports in {len(set(truth.values())):,} incidents; {took:.1f} s in all")


def read_truth(path: Path, subset: str | None) -> dict[str, str]:
    """The true incident of each report."""
    with path.open(encoding="utf-8", newline="") as lines:
        if path.suffix == ".jsonl":
            rows = [row for row in map(json.loads, lines) if row.get("type") == "report"]
            return {row["report_id"]: row["event"] for row in rows}
        return {
            row["report_id"]: row["incident_id"] for row in csv.DictReader(lines) if subset in {None, row["subset"]}
        }


def fuse(reports: Path, mapping: str) -> dict[str, str]:
    """What `fusionbus fuse` makes of the file."""
    with tempfile.TemporaryDirectory(prefix="fusionbus-quality-") as scratch:
        out = Path(scratch) / "assignments.csv"
        command = [str(Path(sys.executable).parent / "fusionbus"), "fuse", str(reports), "--mapping", mapping]
        subprocess.run([*command, "--out", str(out)], check=True, stdout=subprocess.DEVNULL)
        with out.open(encoding="utf-8", newline="") as lines:
            return {row["report_id"]: row["incident_id"] for row in csv.DictReader(lines)}


def _row(table: Table, name: str, found: Scores) -> None:
    figures = (found.pair_precision, found.pair_recall, found.pair_f1, found.b3_precision, found.b3_recall, found.b3_f1)
    table.add_row(name, *(f"{figure:.3f}" for figure in figures))


if __name__ == "__main__":
    main()
