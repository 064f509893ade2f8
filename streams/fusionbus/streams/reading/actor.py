"""Which group a text names as the doer, by its usual short name."""

from fusionbus.streams.reading.words import Evidence, Mark, Marks, Words

VICTIM_WORDS = 4  # "TTP commander Abu so-and-so killed": the group is who was hit


def read_actor(words: Words, marks: Marks) -> tuple[str | None, Evidence | None]:
    """The group's short name, "none" where the text says nobody claimed it, None where it says nothing."""
    for kind in ("actor", "weakactor"):
        for mark in marks.get(kind, ()):
            if not _is_hit(mark, marks):
                return mark.value, words.evidence("actor", mark.first, mark.last)
    for claim in marks.get("claim", ()):
        return "none", words.evidence("actor", claim.first, claim.last)
    return None, None


def _is_hit(actor: Mark, marks: Marks) -> bool:
    """Whether the group's own people were killed or caught."""
    hits = [m for m in marks.get("kill", ()) if m.value == "done"]
    hits += [m for m in marks.get("mood", ()) if m.value == "arrest"]
    return any(actor.last <= m.first <= actor.last + VICTIM_WORDS for m in hits)
