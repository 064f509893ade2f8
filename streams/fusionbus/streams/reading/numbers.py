"""Number words of English, Roman Urdu and Urdu, as phrases of the lexicon."""

_ONES = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen seventeen "
    "eighteen nineteen"
)
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety"
_URDU = (
    "ایک دو تین چار پانچ چھ سات آٹھ نو دس گیارہ بارہ تیرہ چودہ پندرہ سولہ سترہ اٹھارہ انیس بیس اکیس بائیس تئیس چوبیس "
    "پچیس چھبیس ستائیس اٹھائیس انتیس تیس اکتیس بتیس تینتیس چونتیس پینتیس چھتیس سینتیس اڑتیس انتالیس چالیس"
)
_URDU_TENS = {"پچاس": 50, "ساٹھ": 60, "ستر": 70, "اسی": 80, "نوے": 90, "سو": 100}
_ROMAN = (
    "ek do teen char panch chhay saat aath nau das gyarah barah terah chaudah pandrah solah satrah atharah unees bees"
)
_ROMAN_OTHER = {"paanch": 5, "chhe": 6, "chay": 6, "dus": 10, "pachees": 25, "tees": 30, "chalees": 40, "pachas": 50}
# What a reader takes these words to mean; an open end is written as nothing.
_VAGUE = {
    "several": "3-9",
    "many": "3-",
    "few": "2-5",
    "a few": "2-5",
    "couple": "2-2",
    "a couple of": "2-2",
    "couple of": "2-2",
    "dozen": "12-12",
    "a dozen": "10-14",
    "two dozen": "22-26",
    "half a dozen": "6-6",
    "half dozen": "6-6",
    "dozens": "24-",
    "dozens of": "24-",
    "scores": "40-",
    "scores of": "40-",
    "hundreds": "200-",
    "hundreds of": "200-",
    "a hundred": "100-100",
    "one hundred": "100-100",
    "hundred": "100-100",
    "both": "2-2",
    "double": "2-2",
    "numerous": "3-",
    "multiple": "2-",
    "متعدد": "3-9",
    "کئی": "3-9",
    "درجنوں": "24-",
    "سینکڑوں": "200-",
    "دونوں": "2-2",
    "darjanon": "24-",
    "kai": "3-9",
    "mutaddid": "3-9",
    "mutadid": "3-9",
}


def number_phrases() -> list[tuple[str, str, str]]:
    """Phrase, kind and value: `number` counts anywhere; `roman_number` only where the text is Roman Urdu."""
    ones = _ONES.split()
    found = [(word, "number", f"{n}-{n}") for n, word in enumerate(ones)]
    for tens, word in enumerate(_TENS.split(), start=2):
        found.append((word, "number", f"{tens * 10}-{tens * 10}"))
        found += [(f"{word} {ones[n]}", "number", f"{tens * 10 + n}-{tens * 10 + n}") for n in range(1, 10)]
    found += [(word, "number", f"{n}-{n}") for n, word in enumerate(_URDU.split(), start=1)]
    found += [(word, "number", f"{n}-{n}") for word, n in _URDU_TENS.items()]
    found += [(word, "roman_number", f"{n}-{n}") for n, word in enumerate(_ROMAN.split(), start=1)]
    found += [(word, "roman_number", f"{n}-{n}") for word, n in _ROMAN_OTHER.items()]
    return found + [(word, "number", value) for word, value in _VAGUE.items()]
