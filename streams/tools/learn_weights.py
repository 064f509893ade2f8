"""Learns the matcher's weights from labelled reports that you supply; only numbers come out.

usage: learn_weights.py --out weights.json RECORDS.jsonl:LABELS.csv[:SUBSET] … REPORTS.jsonl:TRUTH.jsonl …

Event records with labels, or what `fusionbus simulate` wrote with its truth.

Each report is shown the open incidents of the truth so far, and the weights are moved towards giving the right one (or
none) the highest posterior: a multinomial logistic regression over the findings of `compare`, in bits, held near the
weights it starts from (Gaussian prior), so that a finding the data never shows keeps its place. With --holdout the last
part of each file is kept out of learning and scored.
"""

# ruff: noqa: INP001, T201 - a script beside the room, which speaks on standard output

import argparse
import csv
import json
import sys
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

from fusionbus.contract.incident import Incident, Relation
from fusionbus.streams import incidents
from fusionbus.streams.correlate import OpenIncidents
from fusionbus.streams.correlate.decide import decide, double_of
from fusionbus.streams.correlate.score import Scored, scores
from fusionbus.streams.correlate.told import told_by
from fusionbus.streams.correlate.weights import Bits, Weights, committed, read
from fusionbus.streams.enrich import enrich
from fusionbus.streams.fuse import reader
from fusionbus.streams.values import Enriched, Joined
from tools.regression import Case, doubles, learn

ROUNDS = 3
"""The nearest member depends on the weights: findings are collected anew this often."""
HALF = 0.5


@dataclass(frozen=True, slots=True)
class Labelled:
    """A report and the incident it belongs to."""

    enriched: Enriched
    truth: str


def labelled(spec: str) -> list[Labelled]:
    """The reports of `RECORDS:LABELS[:SUBSET]` or `REPORTS:TRUTH`, in the file's order, the first revision of each."""
    records, labels, *subset = spec.split(":")
    with Path(labels).open(newline="", encoding="utf-8") as rows:
        if labels.endswith(".csv"):
            wanted = (row for row in csv.DictReader(rows) if not subset or row["subset"] in subset)
            truth = {row["report_id"]: row["incident_id"] for row in wanted}
        else:
            told = (json.loads(row) for row in rows)
            truth = {row["report_id"]: row["event"] for row in told if row["type"] == "report"}
    read = reader("event-record" if labels.endswith(".csv") else "report")
    found = []
    with Path(records).open(encoding="utf-8") as lines:
        for line in lines:
            report_id = json.loads(line)["report_id"]
            if report_id in truth:
                found.append(Labelled(enrich(read(line)), truth.pop(report_id)))
    return found


def shown(reports: Iterable[Labelled], weights: Weights, *, by_truth: bool) -> Iterator[Case]:
    """Each report with the incidents that were open before it: the true ones, or those that these weights made.

    The true ones alone would teach nothing about what its own mistakes look like later.
    """
    held = OpenIncidents()
    known: dict[str, Incident] = {}
    truths: dict[str, Counter[str]] = {}
    where: defaultdict[str, set[str]] = defaultdict(set)
    for one in reports:
        now = one.enriched.report.reported_at
        for gone in held.expire(now):
            known.pop(gone, None)
        found = scores(one.enriched, told_by(one.enriched), held, weights)
        right = _right([truths[s.incident.incident_id] for s in found], one.truth)
        here = bool(where[one.truth] & known.keys())
        if found and (right is not None or not here):
            yield from _case([s.findings for s in found], right)
        if by_truth:
            mine = next(iter(where[one.truth] & known.keys()), None)
        else:
            match = settle(found, weights)
            mine = match.incident.incident_id if match is not None else None
        incident = _grown(known.get(mine or ""), one.enriched, now)
        known[incident.incident_id] = incident
        truths.setdefault(incident.incident_id, Counter())[one.truth] += 1
        where[one.truth].add(incident.incident_id)
        held.put(incident)


def settle(found: list[Scored], weights: Weights) -> Scored | None:
    """The candidate that `decide` would join."""
    if not found:
        return None
    odds = [2.0 ** min(60.0, s.bits) for s in found]
    best = max(range(len(found)), key=odds.__getitem__)
    total = 1.0 + sum(odds) + odds[best] * double_of(found[best], weights)
    return found[best] if odds[best] / total >= weights.merge else None


def _right(held: list[Counter[str]], truth: str) -> int | None:
    """The candidate that mostly tells of this truth."""
    shares = [counts[truth] / counts.total() for counts in held]
    best = max(range(len(shares)), key=shares.__getitem__, default=None)
    return best if best is not None and shares[best] >= HALF else None


def _case(options: list[list[tuple[str, float]]], right: int | None) -> Iterator[Case]:
    """Without what one register lists twice: those never match, and would teach that a day in common tells nothing."""
    kept = [i for i, option in enumerate(options) if all(name != "agency.same_register" for name, _ in option)]
    if kept and (right is None or right in kept):
        yield Case([options[i] for i in kept], None if right is None else kept.index(right))


def _grown(incident: Incident | None, enriched: Enriched, now: datetime) -> Incident:
    if incident is None:
        return incidents.opened(enriched, now)
    report_id = enriched.report.report_id
    joined = Joined(incident.incident_id, Relation.CORROBORATION, report_id, 1.0, ())
    return incidents.joined(incident, enriched, joined, now)


def fused(reports: Iterable[Labelled], weights: Weights) -> tuple[list[str], list[tuple[float, bool]]]:
    """The incident each report was given, and the probability and rightness of each decision."""
    held = OpenIncidents()
    known: dict[str, Incident] = {}
    truth_of: dict[str, set[str]] = {}
    given: list[str] = []
    decisions: list[tuple[float, bool]] = []
    for one in reports:
        now = one.enriched.report.reported_at
        for gone in held.expire(now):
            known.pop(gone, None)
        match = decide(one.enriched, held, weights)
        if isinstance(match, Joined):
            incident = incidents.joined(known[match.incident_id], one.enriched, match, now)
            decisions.append((match.probability, one.truth in truth_of[match.incident_id]))
        else:
            incident = incidents.opened(one.enriched, now)
            decisions += [(c.probability, one.truth in truth_of[c.incident_id]) for c in match.possible[:1]]
        known[incident.incident_id] = incident
        truth_of.setdefault(incident.incident_id, set()).add(one.truth)
        held.put(incident)
        given.append(incident.incident_id)
    return given, decisions


def pairwise(given: list[str], truth: list[str]) -> tuple[float, float, float]:
    """Pairwise precision, recall and F1."""

    def pairs(ids: Iterable[object]) -> int:
        return sum(n * (n - 1) // 2 for n in Counter(ids).values())

    hit, said, true = pairs(zip(given, truth, strict=True)), pairs(given), pairs(truth)
    precision, recall = hit / max(1, said), hit / max(1, true)
    return precision, recall, 2 * hit / max(1, said + true)


def expected_calibration_error(decisions: list[tuple[float, bool]]) -> float:
    """The mean distance between what was said and what was so, over ten bins."""
    bins: dict[int, list[tuple[float, bool]]] = {}
    for probability, right in decisions:
        bins.setdefault(min(9, int(probability * 10)), []).append((probability, right))
    apart = (abs(sum(p for p, _ in held) - sum(right for _, right in held)) for held in bins.values())
    return sum(apart) / max(1, len(decisions))


def main() -> None:
    """Learns, scores and writes."""
    ask = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ask.add_argument("files", nargs="+", metavar="RECORDS:LABELS[:SUBSET]")
    ask.add_argument("--out", type=Path, help="where the weights go; without it they are only scored")
    ask.add_argument("--holdout", type=float, default=0.0, help="share at each file's end that is not learned from")
    ask.add_argument("--merge", type=float, nargs="+", default=[committed().merge], help="thresholds to score")
    ask.add_argument("--start", type=Path, help="weights to start from and stay near; without it the committed ones")
    ask.add_argument("--score-only", action="store_true", help="score the committed weights")
    asked = ask.parse_args()
    sets = {spec: labelled(spec) for spec in asked.files}
    parts = {spec: int(len(reports) * (1 - asked.holdout)) for spec, reports in sets.items()}
    weights = start = read(asked.start.read_text(encoding="utf-8")) if asked.start else committed()
    for turn in range(0 if asked.score_only else ROUNDS):
        cases = [
            case
            for spec, reports in sets.items()
            for by_truth in (True, False)
            for case in shown(reports[: parts[spec]], weights, by_truth=by_truth)
        ]
        bits = learn(cases, dict(weights.bits), dict(start.bits))
        weights = Weights(Bits(bits), weights.merge, weights.possible, doubles(cases, bits))
        print(f"round {turn + 1}: {len(cases)} cases", file=sys.stderr)
    for spec, reports in sets.items():
        for merge in asked.merge:
            _tell(spec, reports[parts[spec] :] if asked.holdout else reports, weights, merge)
    if asked.out is not None:
        _write(asked.out, weights, asked.merge[0], sum(map(len, sets.values())))


def _tell(spec: str, reports: list[Labelled], weights: Weights, merge: float) -> None:
    given, decisions = fused(reports, replace(weights, merge=merge))
    precision, recall, f1 = pairwise(given, [one.truth for one in reports])
    ece = expected_calibration_error(decisions)
    name = Path(spec.partition(":")[0]).stem
    print(f"{name} {len(reports)} merge {merge}: P {precision:.3f} R {recall:.3f} F1 {f1:.4f} ECE {ece:.3f}")


def _write(out: Path, weights: Weights, merge: float, reports: int) -> None:
    said = {
        "provenance": {
            "made_by": "streams/tools/learn_weights.py",
            "made_on": datetime.now(UTC).date().isoformat(),
            "from": f"{reports} labelled reports supplied by path; nothing of them is kept but these numbers",
            "unit": "bits: log2 of the likelihood ratio for one unit of each finding",
        },
        "thresholds": {"merge": merge, "possible": weights.possible},
        "doubles": weights.doubles,
        "bits": {name: round(weights.bits[name], 3) for name in sorted(weights.bits)},
    }
    out.write_text(json.dumps(said, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
