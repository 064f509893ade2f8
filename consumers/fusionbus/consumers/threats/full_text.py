"""Words in the full-text index: which incidents hold all of them."""

from typing import Final

from sqlalchemy import ColumnElement, Connection, TextClause, and_, exists, func, literal, select, text

from fusionbus.consumers.threats.folding import mark_of
from fusionbus.consumers.threats.query import Words
from fusionbus.consumers.threats.tables import incidents, texts

RARE: Final = 3_000
"""Incidents that the index is asked for at most. With more hits it is quicker to go through the incidents in the order
that is wanted and to look into the words of each, until a page is full. Measured: docs/threat-database.md."""

_LEXEMES: Final = "array_to_tsvector(string_to_array(rtrim(texts.text), ' ')) @@ CAST(:asked AS tsquery)"
_MATCHES: Final = "texts.id IN (SELECT rowid FROM texts_words WHERE texts_words MATCH :asked)"


def of_words(db: Connection, agency: str, words: Words) -> tuple[ColumnElement[bool], bool]:
    """The condition that an incident's words hold all that is looked for, and whether few do."""
    indexed = _indexed(agency, words, db.dialect.name)
    some = select(texts.c.id).where(indexed).limit(RARE + 1).subquery()
    is_rare = (db.scalar(select(func.count()).select_from(some)) or 0) <= RARE
    if is_rare:
        found = select(texts.c.id).where(indexed, *_phrases(words))
        return incidents.c.id.in_(found), True
    read = and_(texts.c.id == incidents.c.id, *(_holds(f" {word} ") for word in words.whole))
    begun = (_holds(f" {word}") for word in words.beginnings)
    return exists(select(literal(1)).select_from(texts).where(read, *begun, *_phrases(words))), False


def _phrases(words: Words) -> list[ColumnElement[bool]]:
    return [_holds(f" {phrase} ") for phrase in words.phrases]


def _holds(part: str) -> ColumnElement[bool]:
    return texts.c.text.contains(part)


def _indexed(agency: str, words: Words, dialect: str) -> TextClause:
    """Whose text it is is a word too, so that the index looks at no other's."""
    whole = (mark_of(agency), *words.whole)
    # In quotes; folded words hold letters and digits only, so none ends its quotes.
    if dialect == "postgresql":
        asked = " & ".join([*(f"'{word}'" for word in whole), *(f"'{word}':*" for word in words.beginnings)])
        return text(_LEXEMES).bindparams(asked=asked)
    asked = " AND ".join([*(f'"{word}"' for word in whole), *(f'"{word}"*' for word in words.beginnings)])
    return text(_MATCHES).bindparams(asked=asked)
