"""Which group a text names as the doer, by its usual short name."""

from fusionbus.streams.reading.words import Evidence, Mark, Words

VICTIM_WORDS = 4  # "TTP commander Abu so-and-so killed": the group is who was hit
_HIT = frozenset({"done"})


def read_actor(words: Words, marks: list[Mark]) -> tuple[str | None, Evidence | None]:
    """The group's short name, "none" where the text says nobody claimed it, None where it says nothing."""
    weak: Mark | None = None
    for mark in marks:
        if mark.kind == "actor" and not _is_hit(mark, marks):
            return mark.value, words.evidence("actor", mark.first, mark.last)
        if mark.kind == "weakactor" and weak is None and not _is_hit(mark, marks):
            weak = mark
    if weak is not None:
        return weak.value, words.evidence("actor", weak.first, weak.last)
    claim = next((m for m in marks if m.kind == "claim"), None)
    return ("none", words.evidence("actor", claim.first, claim.last)) if claim else (None, None)


def _is_hit(actor: Mark, marks: list[Mark]) -> bool:
    """Whether the group's own people were killed or caught."""
    return any(
        actor.last <= m.first <= actor.last + VICTIM_WORDS
        and ((m.kind == "kill" and m.value in _HIT) or (m.kind == "mood" and m.value == "arrest"))
        for m in marks
    )
