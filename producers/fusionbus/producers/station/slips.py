"""Receipts to be printed: plain text for any printer, and HTML with Urdu from the right. Pure."""

from collections.abc import Iterable
from html import escape
from typing import Final
from zoneinfo import ZoneInfo

from fusionbus.producers.station.card import Card, Language
from fusionbus.producers.station.standing import WORDS, Line
from fusionbus.shell.plain import neutral

PKT: Final = ZoneInfo("Asia/Karachi")
RULE: Final = "-" * 48
"""A receipt printer has 48 columns on 80 mm paper."""


def plain(lines: Iterable[Line], card: Card, language: Language) -> str:
    """The receipts one below the other, each behind a rule; no line steers the printer."""
    return "\n".join(
        f"{RULE}\n" + "\n".join(f"{name}: {neutral(value)}" for name, value in _facts(line, card, language))
        for line in lines
    )


def html(lines: Iterable[Line], card: Card, language: Language) -> str:
    """A page that prints one receipt after the other; it asks no other file and no other machine for anything."""
    side = "rtl" if language == "ur" else "ltr"
    title = escape(WORDS[language]["title"])
    slips = "".join(
        f"<section><h2>{title}</h2><dl>"
        + "".join(
            f'<dt>{escape(name)}</dt><dd dir="auto">{escape(neutral(value))}</dd>'
            for name, value in _facts(line, card, language)
        )
        + "</dl></section>"
        for line in lines
    )
    style = (
        "body{font:12pt/1.5 'Noto Naskh Arabic',sans-serif;margin:1cm}section{break-inside:avoid;border-top:1px solid "
        "#000;padding:.3cm 0}h2{font-size:14pt;margin:0}dl{display:grid;grid-template-columns:max-content 1fr;"
        "gap:0 .6cm;margin:0}dt{font-weight:bold}dd{margin:0;overflow-wrap:anywhere}"
    )
    return (
        f'<!DOCTYPE html><html lang="{language}" dir="{side}"><head><meta charset="utf-8"><title>{title}</title>'
        f"<style>{style}</style></head><body><main><h1>{escape(neutral(card.name))}</h1>{slips}</main></body></html>"
    )


def _facts(line: Line, card: Card, language: Language) -> list[tuple[str, str]]:
    words, entry = WORDS[language], line.entry
    entered = entry.entered_at.astimezone(PKT).strftime("%d-%m-%Y %H:%M")
    facts = (
        (words["reference"], line.reference),
        (words["our_ref"], entry.local_ref),
        (words["station"], card.name),
        (words["agency"], card.agency),
        (words["about"], entry.headline or ""),
        (words["entered"], entered),
        (words["state"], words[line.state]),
        (words["answer"], line.sentence or ""),
    )
    return [(name, value) for name, value in facts if value]
