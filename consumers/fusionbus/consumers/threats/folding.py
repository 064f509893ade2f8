"""Text in the one form in which it is searched: the same for what is kept and for what is asked."""

import re
import unicodedata
from typing import Final

WORD_CHARACTERS_MAX: Final = 100
"""What is longer is no word; PostgreSQL's limit is 2,046 bytes."""
_MARK: Final = "\ue000"
_HYPHEN: Final = "\ue001"
"""Private characters: folding drops them, so no text that anybody wrote can hold them."""

_ONE_LETTER: Final = str.maketrans(
    {
        # Arabic keyboards and Urdu keyboards write the same letter with different characters.
        "ي": "ی",
        "ى": "ی",
        "ك": "ک",
        "ه": "ہ",
        "ة": "ہ",
        "ھ": "ہ",
        "ە": "ہ",
        "ں": "ن",
        "ٱ": "ا",
        "ـ": None,
    }
)
_APART: Final = re.compile(r"[^\w]|_")


def fold(text: str) -> str:
    """Words in small letters, one space apart, without marks, joiners and punctuation; Urdu in one spelling."""
    plain = text.lower() if text.isascii() else _plain(text)
    words = _APART.sub(" ", plain).split()
    return " ".join(word[:WORD_CHARACTERS_MAX] for word in words)


def mark_of(recipient: str) -> str:
    """The word by which an index knows whose text it is."""
    return _MARK + recipient.casefold().replace("-", _HYPHEN)


def _plain(text: str) -> str:
    """Taken apart, آ is ا with a mark and ئ is ی with one; marks (Mn) and invisible joiners (Cf) go."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    return "".join(_digit(letter) for letter in apart if not _is_mark(letter)).translate(_ONE_LETTER)


def _is_mark(letter: str) -> bool:
    return letter > "\x7f" and unicodedata.category(letter) in {"Mn", "Cf"}


def _digit(letter: str) -> str:
    return str(unicodedata.decimal(letter)) if letter > "\x7f" and letter.isdecimal() else letter
