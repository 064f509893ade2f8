"""The accounts of a pattern of payments as a small graph, for readers of its full form. Pure."""

from collections.abc import Sequence
from html import escape
from typing import Final

from fusionbus.consumers.web.pages.marks import count_of
from fusionbus.contract.alert import Alert
from fusionbus.contract.sections import AssessmentSection
from fusionbus.contract.vocabulary import AlertKind, EntityType, Form

PAID_IN: Final = "accounts that paid in"
PAID_OUT: Final = "accounts that were paid"
"""Figures by which the centre says which of the accounts after the first are payers (`docs/money.md`)."""
ROW_PX: Final = 26
WIDTH_PX: Final = 480
MIDDLE_PX: Final = 240
SIDE_PX: Final = 84
SIDE_MAX: Final = 12
"""Accounts drawn on one side: more are no picture, and stand in the words below it."""
TOKEN_SHOWN: Final = 6
"""Hex digits of a token: enough to tell a few accounts apart, useless to look one up."""


def parts(alert: Alert) -> dict[str, str]:
    """The panel of a pattern of payments; none for other alerts, or for a reader with less than the full form."""
    if alert.kind is not AlertKind.FINANCE_PATTERN or alert.form is not Form.FULL:
        return {}
    return {"Accounts": accounts(alert)}


def accounts(alert: Alert) -> str:
    """The account in the middle, those that paid it on the left, those it paid on the right; and the same in words."""
    tokens = [each.token for each in alert.body.entities if each.type is EntityType.ACCOUNT]
    if not tokens:
        return '<p class="nothing">No account is told here.</p>'
    payers, right, how = _sides(tokens[1:], alert)
    rows = max(1, min(SIDE_MAX, max(len(payers), len(right))))
    high, middle, mine = rows * ROW_PX + 24, rows * ROW_PX / 2 + 12, short(tokens[0])
    drawn = [
        _lines(payers, middle, SIDE_PX, MIDDLE_PX - 12) + _names(payers, 8, "start"),
        _lines(right, middle, WIDTH_PX - SIDE_PX, MIDDLE_PX + 12) + _names(right, WIDTH_PX - 8, "end"),
        f'<circle cx="{MIDDLE_PX}" cy="{middle}" r="11"/>',
        f'<text x="{MIDDLE_PX}" y="{middle + 26}" text-anchor="middle">{mine}</text>',
    ]
    told = [(payers, "that paid in"), (right, how)]
    label = "; ".join(f"{count_of(len(side), 'account')} {text}" for side, text in told if side) or "one account"
    words = "".join(f"<li>{text}: {', '.join(map(short, side))}</li>" for side, text in told if side)
    return (
        f'<svg class="origins accounts" viewBox="0 0 {WIDTH_PX} {high}" role="img" aria-label="{label}">'
        f"{''.join(drawn)}</svg><p>Account {mine}: {label}. Shown by the first digits of their tokens.</p>"
        f"<details data-key='accounts'><summary>In words</summary><ul class=origins-words>{words}</ul></details>"
    )


def short(token: str) -> str:
    """The first digits of a token."""
    return escape(f"{token.rpartition(':')[2][:TOKEN_SHOWN]}…")


def _sides(others: Sequence[str], alert: Alert) -> tuple[Sequence[str], Sequence[str], str]:
    """Those that paid, the others, and what is known of those."""
    section = alert.body.section
    figures = {each.name: int(each.value) for each in section.figures} if isinstance(section, AssessmentSection) else {}
    payers = figures.get(PAID_IN, 0)
    known = PAID_OUT in figures
    return others[:payers], others[payers:], "that it paid" if known else "on the other side"


def _at(number: int) -> float:
    return number * ROW_PX + ROW_PX / 2 + 2


def _lines(side: Sequence[str], middle: float, x: int, to: int) -> str:
    return "".join(
        f'<line x1="{x}" x2="{to}" y1="{_at(number)}" y2="{middle}"/>' for number in range(min(len(side), SIDE_MAX))
    )


def _names(side: Sequence[str], x: int, anchor: str) -> str:
    drawn = list(map(short, side[:SIDE_MAX]))
    if len(side) > SIDE_MAX:
        drawn[-1] = f"+{len(side) - SIDE_MAX + 1}"
    return "".join(
        f'<text x="{x}" y="{_at(number) + 5}" text-anchor="{anchor}">{name}</text>' for number, name in enumerate(drawn)
    )
