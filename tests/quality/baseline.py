"""What words alone would find: TF-IDF and cosine, each report joined to its nearest of the last three days."""

import math
import re
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import timedelta

from fusionbus.contract.report import ThreatReport
from quality.scores import Scores, score

WINDOW = timedelta(days=3)
THRESHOLDS = tuple(step / 20 for step in range(3, 19))
_WORD = re.compile(r"\w+")
Nearest = tuple[str, str | None, float]


def best_of_words(reports: Sequence[ThreatReport], keys: Sequence[str], truth: dict[str, str]) -> tuple[Scores, float]:
    """The scores at the threshold that suits the truth best, which no one could know; and that threshold."""
    links = nearest(reports, keys)
    tried = [(score(joined(links, least), truth), least) for least in THRESHOLDS]
    return max(tried, key=lambda found: found[0].pair_f1)


def nearest(reports: Sequence[ThreatReport], keys: Sequence[str]) -> list[Nearest]:
    """Each report with the most alike of those before it, and how alike they are."""
    bags = [Counter(_words(report)) for report in reports]
    documents = Counter(word for bag in bags for word in bag)
    postings: defaultdict[str, list[tuple[int, float]]] = defaultdict(list)
    found: list[Nearest] = []
    for index, bag in enumerate(bags):
        vector = {word: count * math.log(len(bags) / documents[word]) for word, count in bag.items()}
        length = math.sqrt(sum(weight**2 for weight in vector.values())) or 1.0
        alike: defaultdict[int, float] = defaultdict(float)
        since = reports[index].reported_at - WINDOW
        for word, weight in vector.items():
            held = postings[word]
            for other, its in reversed(held):
                if reports[other].reported_at < since:
                    break
                alike[other] += weight / length * its
            held.append((index, weight / length))
        best = max(alike, key=alike.__getitem__, default=None)
        found.append((keys[index], None if best is None else keys[best], alike[best] if best is not None else 0.0))
    return found


def joined(links: Sequence[Nearest], least: float) -> dict[str, str]:
    """The incident of each report, where it joins the nearest one that is alike enough."""
    of: dict[str, str] = {}
    for key, other, alike in links:
        of[key] = of[other] if other is not None and alike >= least else key
    return of


def _words(report: ThreatReport) -> list[str]:
    said = [report.headline, report.narrative, report.category, report.target_sector]
    if report.place is not None:
        said += [report.place.province, report.place.district, report.place.name]
    said += [report.actor.name if report.actor else None]
    said += [f"{each.outcome}{each.low}" for each in report.casualties]
    said += [token for person in report.persons for token in person.name_tokens]
    return _WORD.findall(" ".join(str(part) for part in said if part).casefold())
