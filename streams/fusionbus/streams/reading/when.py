"""When it happened, from the words for days and hours, as an interval in UTC."""

from datetime import UTC, date, datetime, time, timedelta, timezone

from fusionbus.streams.reading.words import Evidence, Mark, Marks, Words

PAKISTAN = timezone(timedelta(hours=5), "PKT")  # no summer time since 2009
DAY = timedelta(days=1)
WEEK_DAYS = 7
# Local hours a part of the day covers; a night goes on into the next day.
PARTS_H = {"night": (18, 30), "morning": (4, 12), "afternoon": (11, 18), "evening": (16, 23)}
DAYS_AGO = {"today": 0, "yesterday": 1, "ago2": 2}

Occurred = tuple[datetime, datetime]


def read_when(words: Words, marks: Marks, published_at: datetime | None) -> tuple[Occurred | None, list[Evidence]]:
    """Earliest and latest, not after publication; None when the text says no day."""
    found = _day(words, marks, published_at)
    if found is None:
        return None, []
    day, days, first, last = found
    start, stop = datetime.combine(day, time(), PAKISTAN), datetime.combine(day + DAY * days, time(), PAKISTAN)
    part = next((m for m in marks.get("part", ()) if first - 2 <= m.first <= last + 2), None)
    if part is not None and days == 1:
        from_h, to_h = PARTS_H[part.value]
        stop, start = start + timedelta(hours=to_h), start + timedelta(hours=from_h)
        first, last = min(first, part.first), max(last, part.last)
    latest = min(stop, published_at) if published_at else stop
    if latest <= start:  # "Tuesday night" in a report of Tuesday afternoon: the words are of little use
        return None, []
    return (start.astimezone(UTC), latest.astimezone(UTC)), [words.evidence("occurred", first, last)]


def _day(words: Words, marks: Marks, published_at: datetime | None) -> tuple[date, int, int, int] | None:
    """The first day, how many days, and the first and past-the-last word that say so."""
    local = published_at.astimezone(PAKISTAN).date() if published_at else None
    days = [*marks.get("month", ()), *marks.get("weekday", ()), *marks.get("time", ())]
    for mark in sorted(days, key=lambda m: m.first) if len(days) > 1 else days:
        read: tuple[date, int, int, int] | None = None
        if mark.kind == "month":
            read = _dated(words, mark, local)
        elif local and mark.kind == "weekday":
            ago = (local.weekday() - int(mark.value)) % WEEK_DAYS
            read = local - DAY * ago, 1, mark.first, mark.last
        elif local and mark.kind == "time":
            read = *_relative(mark.value, local), mark.first, mark.last
        if read is not None:
            return read
    return _numeric(words)


def _relative(value: str, local: date) -> tuple[date, int]:
    if value == "week":
        return local - DAY * (WEEK_DAYS + local.weekday()), WEEK_DAYS
    if value == "lastnight":
        return local - DAY, 2
    return local - DAY * DAYS_AGO[value], 1


def _dated(words: Words, mark: Mark, local: date | None) -> tuple[date, int, int, int] | None:
    """A day and month with or without a year: "12 March", "March 12, 2024"; "may" alone is a verb."""
    folded = words.folded
    first, last = mark.first, mark.last
    before, after = _day_number(folded, first - 1), _day_number(folded, last)
    if before is not None:
        number, first = before, first - 1
    elif after is not None:
        number, last = after, last + 1
    else:
        return None
    year = _year(folded, last)
    if year is not None:
        last += 1
    elif local is not None:
        year = local.year - ((int(mark.value), number) > (local.month, local.day))
    else:
        return None
    try:
        return date(year, int(mark.value), number), 1, first, last
    except ValueError:
        return None


def _day_number(folded: list[str], index: int) -> int | None:
    if not 0 <= index < len(folded):
        return None
    word = folded[index]
    digits = word[:-2] if word[-2:] in {"st", "nd", "rd", "th"} else word
    number = int(digits) if digits.isdecimal() and len(digits) <= 2 else 0  # noqa: PLR2004 - two digits of a day
    return number if 1 <= number <= 31 else None  # noqa: PLR2004 - days of a month


def _year(folded: list[str], index: int) -> int | None:
    word = folded[index] if index < len(folded) else ""
    return int(word) if len(word) == 4 and word.isdecimal() and word[:1] in "12۱۲" else None  # noqa: PLR2004 - a year


def _numeric(words: Words) -> tuple[date, int, int, int] | None:
    """2024-11-09, or 09/11/2024 with the day first as in Pakistan."""
    folded = words.folded
    for at in words.numerals[:-2]:
        gap = words.gap(at)
        if gap not in {"-", "/", "."} or words.gap(at + 1) != gap:
            continue
        trio = folded[at : at + 3]
        if not all(word.isdecimal() for word in trio):
            continue
        year, day = (trio[0], trio[2]) if len(trio[0]) == 4 else (trio[2], trio[0])  # noqa: PLR2004 - a year's digits
        if len(year) != 4 or not 1947 <= int(year) <= 2100:  # noqa: PLR2004 - since independence
            continue
        try:
            return date(int(year), int(trio[1]), int(day)), 1, at, at + 3
        except ValueError:
            continue
    return None
