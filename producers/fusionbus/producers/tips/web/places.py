"""The files that the pages bring along."""

import io
import math
import struct
import wave
from functools import cache
from pathlib import Path
from typing import Final

_FOLDER: Final = Path(__file__).parent / "static"
_FILES: Final = {"tips.css": "text/css", "noto-naskh-arabic-400.woff2": "font/woff2"}
_RATE: Final = 8_000
_TONE_HZ: Final = 880
"""Two short tones of the musical A: heard over talk, and no siren."""


STATIC: Final = {name: (_FOLDER / name, kind) for name, kind in _FILES.items()}
"""By name the file and its kind."""


@cache
def alarm() -> bytes:
    """A WAV file of one second: the sound of imminent danger in the queue."""
    tones = (
        math.sin(2 * math.pi * _TONE_HZ * at / _RATE) if (at // (_RATE // 4)) % 2 == 0 else 0.0 for at in range(_RATE)
    )
    held = io.BytesIO()
    with wave.open(held, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(_RATE)
        file.writeframes(b"".join(struct.pack("<h", int(12_000 * tone)) for tone in tones))
    return held.getvalue()
