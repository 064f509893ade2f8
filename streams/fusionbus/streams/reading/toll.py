"""How many were killed and injured, as intervals: numbers bound to the words for death and injury around them."""

from dataclasses import dataclass, field

from fusionbus.streams.reading.words import Evidence, Mark, Words

REACH_WORDS = 9  # a headline's subject stands at most this far before its verb ("20 people, most of them women, died")
OBJECT_WORDS = 6  # and its object this far after ("kills senior local peace committee leader")
TOLL_MAX = 20_000  # larger than any attack: a house number, a sum or a year
YEARS = range(1947, 2100)
ABOUT_SHARE = 0.1
SEVERAL_MIN = 2  # a plural without a number

Interval = tuple[int, int | None]


@dataclass(slots=True)
class _Number:
    first: int
    last: int
    low: int
    high: int | None
    used: bool = False


@dataclass(slots=True)
class Toll:
    """Killed and injured, each an interval with an open end as None; None where nothing was said."""

    killed: Interval | None = None
    injured: Interval | None = None
    evidence: list[Evidence] = field(default_factory=list)
    statements: int = 0


def read_toll(words: Words, marks: list[Mark], *, roman: bool = False) -> Toll:
    """The toll a text tells; several groups become one interval from the largest to the sum."""
    verbs = [m for m in marks if m.kind in {"kill", "injure"}]
    found: dict[str, list[tuple[Interval, bool]]] = {"kill": [], "injure": []}
    toll = Toll()
    if verbs:
        numbers = _numbers(words, marks, roman=roman)
        persons = {m.first: m for m in marks if m.kind == "person"}
        for index, verb in enumerate(verbs):
            before = verbs[index - 1].last if index else 0
            after = verbs[index + 1].first if index + 1 < len(verbs) else len(words.folded)
            read = _of_verb(words, verb, numbers, persons, (before, after))
            if read is not None:
                interval, first, last = read
                found[verb.kind].append((interval, verb.value == "toll"))
                toll.evidence.append(words.evidence("killed" if verb.kind == "kill" else "injured", first, last))
    toll.killed, toll.injured = _joined(found["kill"]), _joined(found["injure"])
    toll.statements = len(found["kill"])
    _none_said(words, marks, toll)
    return toll


def _none_said(words: Words, marks: list[Mark], toll: Toll) -> None:
    for mark in marks:
        if mark.kind == "none":
            if mark.value in {"both", "killed"} and toll.killed is None:
                toll.killed = (0, 0)
                toll.evidence.append(words.evidence("killed", mark.first, mark.last))
            if mark.value in {"both", "injured"} and toll.injured is None:
                toll.injured = (0, 0)
                toll.evidence.append(words.evidence("injured", mark.first, mark.last))


def _joined(read: list[tuple[Interval, bool]]) -> Interval | None:
    """One interval of several: a running toll covers the groups; else the groups may or may not overlap."""
    totals = [interval for interval, total in read if total]
    intervals = totals[-1:] or [interval for interval, _ in read]
    if not intervals:
        return None
    highs = [high for _, high in intervals if high is not None]
    high = sum(highs) if len(highs) == len(intervals) else None
    return max(low for low, _ in intervals), high


def _numbers(words: Words, marks: list[Mark], *, roman: bool) -> list[_Number]:
    """The numbers that can count people: not years, ages, dates or numbers of things."""
    folded = words.folded
    roman = roman or sum(m.kind == "roman" for m in marks) > 1
    said = {m.first: m for m in marks if m.kind == "number" or (roman and m.kind == "roman_number")}
    kinds = {m.first: m.kind for m in marks if m.kind in {"thing", "event", "age", "month", "including", "part"}}
    bounds = {m.last: m.value for m in marks if m.kind == "bound"}
    ends = {m.last: m.kind for m in marks if m.kind in {"month", "including", "age"}}
    trailing = {m.first: m.value for m in marks if m.kind == "bound"}
    found: list[_Number] = []
    for index, word in enumerate(folded):
        mark = said.get(index)
        if mark is not None:
            first, last = mark.first, mark.last
            low_text, _, high_text = mark.value.partition("-")
            low, high = int(low_text), int(high_text) if high_text else None
        elif word[0].isdecimal() and word.replace(",", "").isdecimal():
            first, last = index, index + 1
            low = high = int(word.replace(",", ""))
            if low > TOLL_MAX or (low in YEARS and "," not in word):
                continue
        else:
            continue
        if _counts_no_one(words, first, last, kinds, ends):
            continue
        low, high = _bounded(low, high, bounds.get(first) or trailing.get(last))
        previous = found[-1] if found else None
        if previous and previous.high is not None and _is_range(words, previous, first, low):
            found[-1] = _Number(previous.first, last, previous.low, high)
        else:
            found.append(_Number(first, last, low, high))
    return found


def _is_range(words: Words, previous: _Number, first: int, low: int) -> bool:
    if low <= previous.low:
        return False
    if first == previous.last:
        return words.gap(first - 1) in {"-", "–", "—"}
    return first == previous.last + 1 and words.folded[previous.last] in {"to", "or", "سی"}


def _counts_no_one(words: Words, first: int, last: int, kinds: dict[int, str], ends: dict[int, str]) -> bool:
    folded = words.folded
    after = kinds.get(last)
    if after in {"age", "month", "thing"} or ends.get(first) in {"month", "including", "age"}:
        return True
    if first and words.gap(first - 1) in {".", ":", "/"} and folded[first - 1].isdecimal():
        return True
    if last < len(folded) and words.gap(last - 1) in {".", ":", "/", "%"} and folded[last].isdecimal():
        return True
    # "two more suicide attacks": the noun may stand a word or two behind its number.
    return any(kinds.get(at) in {"thing", "event"} for at in range(last, min(last + 2, len(folded))))


def _bounded(low: int, high: int | None, bound: str | None) -> Interval:
    if bound == "least":
        return low, None
    if bound == "most":
        return 0, high
    if bound == "about" and high is not None:
        return round(low * (1 - ABOUT_SHARE)), round(high * (1 + ABOUT_SHARE) + 0.49)
    return low, high


def _of_verb(
    words: Words,
    verb: Mark,
    numbers: list[_Number],
    persons: dict[int, Mark],
    limits: tuple[int, int],
) -> tuple[Interval, int, int] | None:
    """The interval of one word for death or injury, and the first and past-the-last word that say it."""
    before, after = limits
    right = [n for n in numbers if verb.last <= n.first < min(after, verb.last + OBJECT_WORDS) and not n.used]
    left = [n for n in numbers if max(before, verb.first - REACH_WORDS) <= n.first < verb.first and not n.used]
    right = [n for n in right if not _next_owns(words, verb, n, after)]
    adjoining = bool(right) and "," not in words.gap(verb.last - 1) and _adjoins(words, verb.last, right[0].first)
    if verb.value in {"act", "toll"} or (adjoining and not left):
        if right:
            return _taken(right[:1], verb, words)
        if verb.value == "act":
            return _person(persons, verb.last, min(after, verb.last + OBJECT_WORDS), verb)
        left = [] if verb.value != "toll" else left
    if left:
        return _taken(_listed(words, left), verb, words)
    if verb.value in {"lives", "toll"}:
        return None
    start = max(before, verb.first - REACH_WORDS)
    return _person(persons, start, verb.first, verb) or _person_after(words, persons, verb, after)


def _person_after(words: Words, persons: dict[int, Mark], verb: Mark, after: int) -> tuple[Interval, int, int] | None:
    if verb.value == "body":
        low, high = (
            (1, 1) if words.folded[verb.first] in {"body", "corpse", "dead", "bullet", "لاش", "laash"} else (2, None)
        )
        return (low, high), verb.first, verb.last
    return _person(persons, verb.last, min(after, verb.last + 3), verb)


def _adjoins(words: Words, start: int, first: int) -> bool:
    """Whether only "at least", "about" and the like stand between a verb and its number."""
    return first - start <= 3 and all("," not in words.gap(at) for at in range(start, first))  # noqa: PLR2004 - "as many as"


def _next_owns(words: Words, verb: Mark, number: _Number, after: int) -> bool:
    """Whether a number right of a verb belongs to the next one: "two killed, 12 injured"."""
    if after >= len(words.folded) or verb.value == "act":
        return False
    return after - number.last <= 3 and not _adjoins(words, verb.last, number.first)  # noqa: PLR2004 - "12 others were injured"


def _listed(words: Words, left: list[_Number]) -> list[_Number]:
    """The numbers that together are a verb's subject: "two soldiers and a guard", "two policemen, three civilians"."""
    listed = [left[-1]]
    for number in reversed(left[:-1]):
        later = listed[0]
        between = [words.gap(at) for at in range(number.last - 1, later.first)]
        joined = "and" in words.folded[number.last : later.first] or any("," in gap for gap in between)
        if not joined or later.first - number.last > 4:  # noqa: PLR2004 - number, two adjectives, noun
            break
        listed.insert(0, number)
    return listed


def _taken(numbers: list[_Number], verb: Mark, words: Words) -> tuple[Interval, int, int]:
    for number in numbers:
        number.used = True
    highs = [n.high for n in numbers if n.high is not None]
    high = sum(highs) if len(highs) == len(numbers) else None
    first, last = min(numbers[0].first, verb.first), max(numbers[-1].last, verb.last)
    return (sum(n.low for n in numbers), high), first, min(last, len(words.folded))


def _person(persons: dict[int, Mark], start: int, stop: int, verb: Mark) -> tuple[Interval, int, int] | None:
    """One for a singular noun, at least two for a plural, when no number is said."""
    named = [persons[at] for at in range(start, stop) if at in persons]
    if not named:
        return None
    noun = named[-1]
    interval: Interval = (SEVERAL_MIN, None) if noun.value == "many" else (1, 1)
    return interval, min(noun.first, verb.first), max(noun.last, verb.last)
