"""How many were killed and injured, as intervals: numbers bound to the words for death and injury around them."""

from dataclasses import dataclass, field

from fusionbus.streams.reading.counting import AND, LISTED_WORDS, Count, Interval, counts_in
from fusionbus.streams.reading.words import Evidence, Mark, Marks, Words, key_of

REACH_WORDS = 9  # a headline's subject stands at most this far before its verb ("20 people, most of them women, died")
OBJECT_WORDS = 6  # and its object this far after ("kills senior local peace committee leader")
TOLL_WORDS = 12  # "the death toll from a suicide bombing at a rally in … has risen to 57"
# Without a number: a plural is two or more; some nouns have one form for both, or name who did it.
_UNCOUNTED: dict[str, Interval] = {"many": (2, None), "either": (1, None)}

_PASSIVE = frozenset(key_of("was were been be being are is got get"))
_ARTICLES = frozenset(key_of("a an the his her their another"))
_ONE = frozenset({"one", "vip"})
_STOPS = frozenset(
    key_of("in at by as on near when after during while for from with of outside over if that who but and")
)


@dataclass(slots=True)
class Toll:
    """Killed and injured, each an interval with an open end as None; None where nothing was said."""

    killed: Interval | None = None
    injured: Interval | None = None
    evidence: list[Evidence] = field(default_factory=list)
    statements: int = 0


def read_toll(words: Words, marks: Marks, *, roman: bool = False) -> Toll:
    """The toll a text tells; several groups become one interval from the largest to the sum."""
    verbs = [*marks.get("kill", ()), *marks.get("injure", ())]
    found: dict[str, list[tuple[Interval, bool]]] = {"kill": [], "injure": []}
    toll = Toll()
    if not verbs and "none" not in marks:
        return toll
    if verbs:
        verbs.sort(key=_first)
        numbers = counts_in(words, marks, roman=roman)
        persons = {m.first: m for m in marks.get("person", ())}
        ends = _sentence_ends(words)
        for index, verb in enumerate(verbs):
            following = verbs[index + 1] if index + 1 < len(verbs) else None
            start, stop = _sentence(ends, verb, len(words.folded))
            before = max(start, verbs[index - 1].last) if index else start
            after = min(stop, following.first) if following else stop
            done = following is not None and following.value == "done" and after == following.first
            read = _of_verb(words, verb, numbers, persons, (before, after, done))
            if read is not None:
                interval, first, last = read
                found[verb.kind].append((interval, verb.value == "toll"))
                toll.evidence.append(words.evidence("killed" if verb.kind == "kill" else "injured", first, last))
    toll.killed, toll.injured = _joined(found["kill"]), _joined(found["injure"])
    toll.statements = len(found["kill"])
    _none_said(words, marks, toll)
    return toll


def _first(mark: Mark) -> int:
    return mark.first


def _sentence_ends(words: Words) -> list[int]:
    """The words that begin a sentence after the first; abbreviations make a few too many."""
    if ". " not in words.text and "\n" not in words.text and "۔" not in words.text:
        return []
    return [
        index
        for index, gap in enumerate(words.gaps[:-1])
        if gap != " "
        and index
        and (("." in gap and " " in gap and len(words.folded[index - 1]) > 1) or "\n" in gap or "۔" in gap)
    ]


def _sentence(ends: list[int], verb: Mark, length: int) -> tuple[int, int]:
    start = max((end for end in ends if end <= verb.first), default=0)
    return start, min((end for end in ends if end > verb.first), default=length)


def _none_said(words: Words, marks: Marks, toll: Toll) -> None:
    for mark in marks.get("none", ()):
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


def _of_verb(
    words: Words,
    verb: Mark,
    numbers: list[Count],
    persons: dict[int, Mark],
    limits: tuple[int, int, bool],
) -> tuple[Interval, int, int] | None:
    """The interval of one word for death or injury, and the first and past-the-last word that say it."""
    before, after, next_is_done = limits
    start, stop = max(before, verb.first - REACH_WORDS), min(after, verb.last + OBJECT_WORDS)
    if verb.value == "toll":
        stop = min(after, verb.last + TOLL_WORDS)
    right = [n for n in numbers if verb.last <= n.first < stop and not n.used]
    left = [n for n in numbers if start <= n.first < verb.first and not n.used]
    if verb.value == "toll":
        return _taken(right[:1] or left[-1:], verb) if right or left else None
    if verb.value == "act" or (verb.value == "done" and _takes_object(words, verb, right, left, persons)):
        first = _person(persons, verb.last, right[0].first if right else stop, verb)
        objects = _listed(words, right, forward=True, owned_from=after - 3 if next_is_done else len(words.folded) + 1)
        if objects:
            counted = _and_one(words, persons, _taken(objects, verb), objects[-1].last, stop)
            return _with_one(first, counted, words, objects[0].first)
        if first is not None or verb.value == "act":
            return first
    if left:
        subject = _listed(words, left)
        counted = _and_one(words, persons, _taken(subject, verb), subject[-1].last, verb.first)
        return _with_one(_person(persons, start, subject[0].first, verb), counted, words, subject[0].first)
    if verb.value == "lives":
        return None
    return _person(persons, start, verb.first, verb) or _person_after(words, persons, verb, after)


def _takes_object(
    words: Words,
    verb: Mark,
    right: list[Count],
    left: list[Count],
    persons: dict[int, Mark],
) -> bool:
    """Whether "killed" or "shot dead" is active here: "gunmen shot dead a cleric", "blast killed 14"."""
    folded = words.folded
    if verb.first and folded[verb.first - 1] in _PASSIVE:
        return False
    if verb.last >= len(folded) or words.gap(verb.last - 1).strip():
        return False
    if folded[verb.last] in _ARTICLES:
        return True
    if right and _adjoins(words, verb.last, right[0].first):
        return not left
    near = next((at for at in range(verb.last, min(verb.last + 3, len(folded))) if at in persons), None)
    return near is not None and not left and not _STOPS.intersection(folded[verb.last : near])


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


def _listed(
    words: Words,
    numbers: list[Count],
    *,
    forward: bool = False,
    owned_from: int = 0,
) -> list[Count]:
    """The numbers that together are a verb's subject or object: "two soldiers, a guard and four civilians".

    `owned_from` is where the numbers of the next word for death or injury begin: "kills two, 12 injured".
    """
    ordered = numbers if forward else numbers[::-1]
    listed = ordered[:1]
    for number in ordered[1:]:
        earlier, later = (listed[-1], number) if forward else (number, listed[-1])
        if forward and number.first >= owned_from:
            break
        gaps = [words.gap(at) for at in range(earlier.last - 1, later.first)]
        joined = not AND.isdisjoint(words.folded[earlier.last : later.first]) or any("," in gap for gap in gaps)
        if not joined or later.first - earlier.last > LISTED_WORDS:
            break
        listed.append(number)
    return listed if forward else listed[::-1]


def _and_one(
    words: Words,
    persons: dict[int, Mark],
    counted: tuple[Interval, int, int],
    start: int,
    stop: int,
) -> tuple[Interval, int, int]:
    """One more for each "and a driver" behind the number."""
    folded = words.folded
    ones = sum(
        1
        for at in range(start + 2, stop)
        if at in persons and persons[at].value in _ONE and folded[at - 1] in _ARTICLES and folded[at - 2] in AND
    )
    (low, high), first, last = counted
    return ((low + ones, None if high is None else high + ones), first, last) if ones else counted


def _with_one(
    person: tuple[Interval, int, int] | None,
    counted: tuple[Interval, int, int],
    words: Words,
    number_first: int,
) -> tuple[Interval, int, int]:
    """One more for a person named before the number: "cleric and two guards"; after a comma, perhaps one more."""
    listed = "," in words.gap(number_first - 1)
    if person is None or person[0] != (1, 1) or not (listed or words.folded[number_first - 1] in AND):
        return counted
    (low, high), first, last = counted
    return (low if listed else low + 1, None if high is None else high + 1), min(first, person[1]), last


def _taken(numbers: list[Count], verb: Mark) -> tuple[Interval, int, int]:
    for number in numbers:
        number.used = True
    highs = [n.high for n in numbers if n.high is not None]
    high = sum(highs) if len(highs) == len(numbers) else None
    first, last = min(numbers[0].first, verb.first), max(numbers[-1].last, verb.last)
    return (sum(n.low for n in numbers), high), first, last


def _person(persons: dict[int, Mark], start: int, stop: int, verb: Mark) -> tuple[Interval, int, int] | None:
    """One for a singular noun, at least two for a plural, when no number is said."""
    named = [persons[at] for at in range(start, stop) if at in persons]
    if not named:
        return None
    noun = named[-1]
    interval: Interval = _UNCOUNTED.get(noun.value, (1, 1))
    return interval, min(noun.first, verb.first), max(noun.last, verb.last)
