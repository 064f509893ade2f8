"""Pages without a script: every word that is not ours is escaped, the direction follows the language."""

import re
from collections.abc import Iterable
from html import escape
from typing import Final

from fusionbus.producers.tips.told import clean
from fusionbus.shell.plain import neutral

_ARABIC: Final = re.compile(r"[\u0600-\u06ff]")


def page(title: str, body: str, *, language: str = "en", wide: bool = False) -> str:
    """A whole page; `title` is escaped here, `body` is HTML."""
    side = "rtl" if language == "ur" else "ltr"
    kind = ' class="wide"' if wide else ""
    return (
        f'<!DOCTYPE html><html lang="{language}" dir="{side}"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f'<title>{escape(title)}</title><link rel="stylesheet" href="/static/tips.css"></head>'
        f"<body{kind}><main>{body}</main></body></html>"
    )


def field(name: str, label: str, *, hint: str = "", value: str = "", area: bool = False, more: str = "") -> str:
    """A labelled field; `more` are further attributes of ours."""
    value = clean(value, lines=area)
    told = f' aria-describedby="{name}-hint"' if hint else ""
    about = f'<p class="hint" id="{name}-hint">{escape(hint)}</p>' if hint else ""
    inner = (
        f'<textarea id="{name}" name="{name}" rows="7" dir="auto"{told}{more}>\n{escape(value)}</textarea>'
        if area
        else f'<input id="{name}" name="{name}" value="{escape(value)}" dir="auto" autocomplete="off"{told}{more}>'
    )
    return f'<label for="{name}">{escape(label)}</label>{about}{inner}'


def choice(name: str, label: str, options: Iterable[tuple[str, str]], chosen: str = "") -> str:
    """A list to choose from, of value and words."""
    inner = "".join(
        f'<option value="{escape(value)}"{" selected" if value == chosen else ""}>{escape(words)}</option>'
        for value, words in options
    )
    return f'<label for="{name}">{escape(label)}</label><select id="{name}" name="{name}">{inner}</select>'


def hidden(name: str, value: str) -> str:
    """A field that the page carries."""
    return f'<input type="hidden" name="{name}" value="{escape(value)}">'


def quoted(text: str) -> str:
    """What somebody told, as text: its direction is its own, and nothing in it steers the page."""
    language = "ur" if _ARABIC.search(text) else "en"
    lines = "<br>".join(escape(neutral(line)) for line in text.split("\n"))
    return f'<blockquote dir="auto" lang="{language}">{lines}</blockquote>'
