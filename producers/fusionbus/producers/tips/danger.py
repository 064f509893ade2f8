"""Words of imminent danger, in English, Urdu and Roman Urdu: they lift a tip to the top of the queue. Pure.

They only sort: a word too many costs the desk a look, a word too few costs time. Source: our own list, after the
categories of the contract; to be grown from what the desk marks by hand (`docs/tips.md`).
"""

import re
import unicodedata
from typing import Final

_LETTERS: Final = str.maketrans(
    {"ي": "ی", "ى": "ی", "ك": "ک", "ه": "ہ", "ة": "ہ", "ٲ": "ا", "أ": "ا", "إ": "ا", "آ": "ا"}
)
"""Arabic keyboards' forms of Urdu letters, and the one without madda, which many leave out."""


def _folded_words(text: str) -> frozenset[str]:
    return frozenset(fold(text).split("|"))


def fold(text: str) -> str:
    """The text in one form: compatibility forms, letter case, marks and Arabic letter forms do not count."""
    plain = unicodedata.normalize("NFKC", text).translate(_LETTERS).casefold()
    return "".join(char for char in unicodedata.normalize("NFD", plain) if unicodedata.category(char) != "Mn")


_ALONE: Final = _folded_words(
    "bomb|bombs|bomber|explosives|suicide|hostage|hostages|detonator|ied|grenade|grenades|gunmen|beheading|"
    "khudkush|khudkash|khud kush|dhamaka|dhmaka|baroodi|barood|yarghamal|"
    "بم|بمبار|دھماکہ|دھماکا|دھماکے|خودکش|خود کش|بارود|بارودی|یرغمال|دستی بم|ریموٹ کنٹرول"
)
"""Enough by themselves."""
_DEED: Final = _folded_words(
    "attack|attacks|kill|shoot|shooting|weapon|weapons|gun|guns|rifle|rifles|kidnap|kidnapped|abduct|rocket|fire|poison|"
    "hamla|hamle|qatal|qatl|goli|golian|golia|aslaha|asla|aghwa|firing|marne|maarne|"
    "حملہ|حملے|قتل|گولی|گولیاں|فائرنگ|اسلحہ|اغوا|راکٹ|مارنے|ہتھیار|زہر"
)
_SOON: Final = _folded_words(
    "now|today|tonight|tomorrow|soon|minutes|hour|hours|morning|evening|friday|about to|going to|on the way|right now|"
    "abhi|aaj|aj|kal|raat|subah|shaam|sham|jaldi|jald|minute|ghante|jumma|juma|hone wala|karne wale|karne wala|"
    "ابھی|اج|کل|رات|صبح|شام|جلد|جلدی|منٹ|گھنٹے|جمعہ|ہونے والا|کرنے والے|کرنے والا|جا رہے"
)
"""A deed with a time that is near."""
_WORD: Final = re.compile(r"\w+")
_LONGEST: Final = 2
"""Words in the longest phrase of the lists."""


def is_imminent(text: str) -> bool:
    """Whether the text speaks of danger that may be near."""
    said = _phrases(text)
    return bool(said & _ALONE) or bool(said & _DEED and said & _SOON)


def _phrases(text: str) -> set[str]:
    words = _WORD.findall(fold(text))
    spans = (words[start : start + length] for length in range(1, _LONGEST + 1) for start in range(len(words)))
    return {" ".join(span) for span in spans}
