"""Names of persons as they sound, so that one person spelt in two ways, or in two scripts, meets itself.

Urdu writes no short vowels and Latin spellings of them vary (Ahmed, Ahmad; Tariq, Tarik), so a part of a name is folded
to its consonants, the class of a vowel it begins with and the class of a vowel it ends in. That is coarse on purpose:
Nasir and Naseer meet. Frequent pairs that must not meet (Hassan and Hussain) are told apart in a table.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

PARTS_MAX: Final = 12
"""Parts of one name that are kept: as many name tokens as a person in a report may have."""
NAME_CHARACTERS_MAX: Final = 300
"""What lies beyond this is not a name but a text, and is not read."""

PARTS_REMEMBERED: Final = 65_536
"""Folded parts kept in memory, some 10 MB: more parts than the names of a million people have."""


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_DROPPED: Final = _words(
    # particles, and words between a name and another
    "al ul ur ud us uz un ush el il as ar az ad bin ibn bint binti ben so do wo son daughter wife of the and o "
    "alias urf aka nee known de la van von der du di da "
    # titles, of respect and of office, which one register writes and the next leaves out
    "mr mrs ms miss dr sir prof capt col maj lt gen haji hajji hafiz hafeez maulana molana maulvi molvi mufti qari "
    "allama syed sayed sayyid sayyed saiyed syeda sahib saheb sahab bibi begum jr sr ii iii iv",
)
_DROPPED_URDU: Final = _words(
    "بن ابن بنت ولد زوجہ دختر عرف و حاجی حافظ مولانا مولوی مفتی قاری علامہ سید سیدہ صاحب بی بیگم ڈاکٹر مسٹر ال",
)

_SPELT: Final = dict(
    # Urdu spellings that do not show how they begin, or that would meet another name: as Latin writes them.
    pair.split("=")
    for pair in _words(
        "عمر=umar عمیر=umair عثمان=usman عبید=ubaid عزیر=uzair اسامہ=usama امید=umeed عمران=imran "
        "عرفان=irfan عنایت=inayat عصمت=ismat عشرت=ishrat اقبال=iqbal اکرام=ikram اسلام=islam "
        "اسماعیل=ismail اسحاق=ishaq امتیاز=imtiaz افتخار=iftikhar اعجاز=ijaz ابراہیم=ibrahim ادریس=idrees "
        "الیاس=ilyas ارشاد=irshad احسان=ihsan امداد=imdad الطاف=altaf انعام=inam اشتیاق=ishtiaq "
        "اظہار=izhar الہی=ilahi عایشہ=aisha محمود=mahmood حسین=hussain اعوان=awan سعید=saeed سعد=saad "
        "جمال=jamal کمال=kamal سلیمان=sulaiman مصطفی=mustafa مرتضی=murtaza موسی=musa عیسی=isa یحیی=yahya "
        "بشری=bushra اللہ=allah چوہدری=chaudhry",
    )
)

_ALIASES: Final = {
    "mohd": "muhammad",
    "muhd": "muhammad",
    "mohammd": "muhammad",
    "md": "muhammad",
    "ullah": "allah",
    "ollah": "allah",
    "abdul": "abd",
    "abdur": "abd",
    "abdus": "abd",
    "abdel": "abd",
    "othman": "usman",
    "uthman": "usman",
    "osman": "usman",
    "ramadan": "ramzan",
    "fadl": "fazl",
    "riyad": "riyaz",
    "riad": "riaz",
    "stephen": "steven",
    "jon": "john",
    "chaudhry": "chaudri",
    "choudhury": "chaudri",
}

_APART: Final = tuple(
    (re.compile(pattern), fold)
    for pattern, fold in (
        (r"h[uo]s+[aei]+[iy]*[ae]*n", "husn"),  # Hussain, not Hassan
        (r"m[ae]h?m[ou]+d", "mhmud"),  # Mahmood, not Muhammad
        (r"sa+[iy]*e+d|said", "said"),  # Saeed, not Saad
        (r"jam+a+l", "jmal"),  # Jamal, not Jamil
        (r"kam+a+l", "kmal"),  # Kamal, not Kamil
        (r"s[uo]l[ae]*[iy]*m[ae]+n", "sulmn"),  # Sulaiman, not Salman
    )
)

_JOINED: Final = tuple(
    (re.compile(pattern), apart)
    for pattern, apart in (
        (r"abd[aeiou]l+ah?", r"abd allah"),
        (r"abd[aeiou]l([a-z]{3,})", r"abd \1"),
        (r"abd[aeiou]([rsznt][a-z]{3,})", r"abd \1"),
        (r"([a-z]{3,})[uoa]l+ah", r"\1 allah"),
        (r"([a-z]{3,})[uea]d+[ie]+ne?", r"\1 din"),
        (r"([a-z]{3,})u[lrns](r?rehman|r?rahman|haq|haque|has+an|islam|nabi|amin|qamar)", r"\1 \2"),
        (r"(zia|ata|habib|fazl|aziz|saif|shams|mujib|khalil|anwar|riaz|noor)u[lr]", r"\1"),
    )
)
"""Names that one register writes as one word and the next as two."""

_LATIN: Final = (
    (re.compile(r"^(?:kn|gn)"), "n"),
    (re.compile(r"^wr"), "r"),
    (re.compile(r"^v"), "w"),
    (re.compile(r"x"), "ks"),
    (re.compile(r"tch|tsch"), "C"),
    (re.compile(r"sch|sh"), "X"),
    (re.compile(r"chr"), "kr"),
    (re.compile(r"ch"), "C"),
    (re.compile(r"ght"), "t"),
    (re.compile(r"ph"), "f"),
    (re.compile(r"([kgtdbjzrp])h"), r"\1"),
    (re.compile(r"ck"), "k"),
    (re.compile(r"c(?=[eiy])"), "s"),
    (re.compile(r"[cq]"), "k"),
    (re.compile(r"(?<=[^aeiouy])e$"), ""),
)
_LETTERS: Final = str.maketrans({"ø": "o", "ł": "l", "đ": "d", "æ": "ae", "œ": "oe", "þ": "th", "ð": "d", "ı": "i"})

_URDU: Final = dict(
    zip("بپتٹثجچحخدڈذرڑزژسشصضطظغفقکكگلمنںہهۃةھ", "bpttsjChkddzrrzzsXsztzgfkkkglmnnhhhh~", strict=True),
) | {"ع": "'", "ا": "'", "و": "w", "ی": "y", "ي": "y", "ے": "y", "ى": "y", "ء": ""}
_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")
_SPLIT: Final = re.compile(r"[^\w']+|[\d_]+")
_APOSTROPHES: Final = re.compile(r"(?<=\w)[’‘ʼʿʾ`']")


def fold_name(name: str) -> tuple[str, ...]:
    """The parts of a name as they sound, in the order written, without repeats; at most 12, none for an empty name.

    Particles (ul, bin), titles (Haji, Dr, Syed) and initials are left out unless nothing else is there.
    """
    parts = [piece for part in _parts(name) for piece in _separate(part)]
    telling = [part for part in parts if not _says_little(part)] or parts
    folded = dict.fromkeys(fold for fold in map(fold_part, telling) if fold)
    return tuple(folded)[:PARTS_MAX]


@lru_cache(maxsize=PARTS_REMEMBERED)
def fold_part(part: str) -> str:
    """One part of a name, lower case, as it sounds."""
    part = _SPELT.get(part, part)
    if _ARABIC.search(part):
        return _skeleton("".join(_URDU.get(letter, "") for letter in part).replace("p~", "f"), urdu=True)
    part = _ALIASES.get(part, part)
    for pattern, fold in _APART:
        if pattern.fullmatch(part):
            return fold
    for pattern, to in _LATIN:
        part = pattern.sub(to, part)
    return _skeleton(part, urdu=False)


def _parts(name: str) -> list[str]:
    # The small alef over a final ye is the only sign that it sounds as a; it would go with the other marks.
    text = re.sub("[یىي]\u0670", "ا", name[:NAME_CHARACTERS_MAX]).replace("ءال", "ء ال")
    text = re.sub(r"\b([sdwSDW])/[oO]\b", r" \1o ", text)
    text = unicodedata.normalize("NFKD", text.casefold().translate(_LETTERS))
    text = "".join(letter for letter in text if not unicodedata.combining(letter))
    text = text.replace("ي", "ی").replace("ى", "ی").replace("ك", "ک").replace("ه", "ہ").replace("ة", "ہ")
    return [part for part in _SPLIT.split(_APOSTROPHES.sub("", text)) if part.strip("'")]


def _separate(part: str) -> list[str]:
    if _ARABIC.search(part):
        return _separate_urdu(part)
    for pattern, apart in _JOINED:
        if pattern.fullmatch(part):
            return pattern.sub(apart, part).split()
    return [part]


def _separate_urdu(part: str) -> list[str]:
    if part in _SPELT:
        return [part]
    for ending, kept in (("اللہ", "اللہ"), ("الدین", "دین")):
        if part.endswith(ending):
            return [piece for piece in (part.removesuffix(ending), kept) if piece]
    if part.startswith("عبدال") and len(part) > len("عبدال") + 1:
        return ["عبد", part.removeprefix("عبدال")]
    if part.startswith("ال") and len(part) > len("ال") + 1:
        return [part.removeprefix("ال")]
    return [part]


def _says_little(part: str) -> bool:
    return part in _DROPPED or part in _DROPPED_URDU or len(part) == 1


def _skeleton(sounds: str, *, urdu: bool) -> str:
    if not sounds:
        return ""
    first = _first(sounds, urdu=urdu)
    last = _last(sounds) if len(sounds) > 1 else ""
    rest = sounds[1:] if first and sounds[0] not in "aeiou'" else sounds
    middle = re.sub(r"[aeiouywv'~]", "", re.sub(r"h$", "", rest) if last else rest)
    return re.sub(r"(.)\1+", r"\1", first + middle + last).lower()


def _first(sounds: str, *, urdu: bool) -> str:
    """The first consonant, or the class of the first vowel: a, i or u."""
    head = sounds[:2]
    if sounds[0] == "'":
        return {"y": "i", "w": "u"}.get(head[1:], "a")
    if sounds[0] in "aeiou" and not urdu:
        if head in ("ai", "ae", "ay"):
            return "i"
        return "u" if head in ("au", "aw") or sounds[0] in "ou" else {"a": "a"}.get(sounds[0], "i")
    return sounds[0]


def _last(sounds: str) -> str:
    """The class of a vowel at the end, or nothing."""
    if sounds.endswith(("ah", "a", "'", "h")):
        return "a"
    if sounds[-1] in "eiy":
        return "i"
    return "u" if sounds[-1] in "ouw" else ""
