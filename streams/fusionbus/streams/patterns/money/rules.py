"""The rules over one account. Each looks at its payments and tells which of them hold it, and how strongly."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from fusionbus.contract.sections import Figure
from fusionbus.contract.vocabulary import FindingKind
from fusionbus.streams.patterns.money import thresholds as lines
from fusionbus.streams.patterns.money.ledger import Account, Payment
from fusionbus.streams.patterns.money.stretches import Run, crowded, joined, part, spread


@dataclass(frozen=True, slots=True)
class Held:
    """A rule that payments of one account hold."""

    kind: FindingKind
    account: str
    payments: tuple[Payment, ...]
    headline: str
    said: str
    """What it may mean, and how sure it is."""
    figures: tuple[Figure, ...]


def rules_held(account: Account) -> list[Held]:
    """All rules the account holds, each stretch of time by itself."""
    if len(account.payments) < PAYMENTS_MIN:
        return []  # most accounts are somebody's who paid or was paid once
    return [held for rule in RULES for held in rule(account)]


def structuring(account: Account) -> Iterator[Held]:
    """Cash in or out, several times within days, each time below what must be reported and not far below."""
    for direction, payments in (("into", account.came_in), ("out of", account.went_out)):
        below = [
            each
            for each in payments
            if each.channel == "cash" and lines.STRUCTURING_FLOOR_PKR <= each.rupees < lines.CASH_REPORT_PKR
        ]
        for run in crowded(below, lines.STRUCTURING_PAYMENTS_MIN, lines.STRUCTURING_WINDOW):
            of = part(below, run)
            total = _rupees(of)
            yield Held(
                FindingKind.STRUCTURING,
                account.token,
                of,
                f"Structuring: {len(of)} cash payments {direction} one account, each below the reporting line",
                "Each amount is below the cash that must be reported, and together they are above it. A trader with "
                "regular takings can look alike: the pattern shows a need to ask and no guilt.",
                (
                    Figure(
                        name="cash payments within 7 days, at most",
                        value=run.strength,
                        threshold=lines.STRUCTURING_PAYMENTS_MIN,
                        source=lines.STRUCTURING_SOURCE,
                    ),
                    Figure(
                        name="largest of them",
                        value=max(each.rupees for each in of),
                        unit=lines.RUPEE,
                        threshold=lines.CASH_REPORT_PKR,
                        source=lines.CASH_REPORT_SOURCE,
                    ),
                    Figure(name="together", value=total, unit=lines.RUPEE, threshold=lines.CASH_REPORT_PKR),
                ),
            )


def fan_in(account: Account) -> Iterator[Held]:
    """Many accounts pay into one within days."""
    yield from _fan(
        FindingKind.FAN_IN, account, account.came_in, _payer, "Fan-in: {} accounts paid into one within days"
    )


def fan_out(account: Account) -> Iterator[Held]:
    """One account pays many within days."""
    yield from _fan(FindingKind.FAN_OUT, account, account.went_out, _payee, "Fan-out: one account paid {} within days")


def _payer(payment: Payment) -> str:
    return payment.payer


def _payee(payment: Payment) -> str:
    return payment.payee


def _fan(
    kind: FindingKind, account: Account, payments: list[Payment], other: Callable[[Payment], str], headline: str
) -> Iterator[Held]:
    if len(payments) < lines.FAN_ACCOUNTS_MIN:
        return
    for run in spread(payments, other, lines.FAN_ACCOUNTS_MIN, lines.FAN_WINDOW):
        of = part(payments, run)
        if not _matters(of):
            continue
        yield Held(
            kind,
            account.token,
            of,
            headline.format(len({other(each) for each in of} - {""})),
            "So many different accounts on the other side are usual for a shop, an employer or a bill collector, and "
            "else a sign that money is gathered or handed out.",
            (
                _count("different accounts within 7 days, at most", run, lines.FAN_ACCOUNTS_MIN, lines.FAN_SOURCE),
                *_sums(of),
            ),
        )


def _matters(payments: Sequence[Payment]) -> bool:
    """Whether so much money moved; what is in other money cannot be held against a line in rupees, and matters."""
    foreign = sum(each.currency != lines.RUPEE for each in payments)
    return _rupees(payments) >= lines.FAN_AMOUNT_MIN_PKR or foreign >= lines.FAN_ACCOUNTS_MIN


def pass_through(account: Account) -> Iterator[Held]:
    """Money leaves within two days of coming in, at about the same amount, more than once."""
    for turns in _repeated(account.payments, joined(_turns(account.payments, account.token))):
        of = tuple(each for turn in turns for each in part(account.payments, turn) if each.payer != each.payee)
        came = sum(each.rupees for each in of if each.payee == account.token)
        left = sum(each.rupees for each in of if each.payer == account.token)
        yield Held(
            FindingKind.PASS_THROUGH,
            account.token,
            of,
            f"Pass-through: money left one account within two days of coming in, {len(turns)} times",
            "The account keeps nothing: it stands between payers and payees. An agent who collects for others can look "
            "alike.",
            (
                Figure(
                    name="times money came in and left within 48 hours",
                    value=len(turns),
                    threshold=lines.THROUGH_TURNS_MIN,
                    source=lines.THROUGH_SOURCE,
                ),
                Figure(name="came in", value=round(came, 2), unit=lines.RUPEE),
                Figure(
                    name="share that left",
                    value=round(left / came, 3),
                    threshold=lines.THROUGH_SHARE_MIN,
                    source=lines.THROUGH_SHARE_SOURCE,
                ),
            ),
        )


def _turns(payments: Sequence[Payment], token: str) -> Iterator[Run]:
    """From each payment in: the last payment out within the window at which about all that came in has left."""
    for first, start in enumerate(payments):
        if start.payee != token or start.payer == token:
            continue
        came, left, best = 0.0, 0.0, -1
        for last in range(first, len(payments)):
            each = payments[last]
            if each.at - start.at > lines.THROUGH_WINDOW:
                break
            came += each.rupees * (each.payee == token != each.payer)
            if each.payer == token != each.payee:
                left += each.rupees
                if came >= lines.THROUGH_AMOUNT_MIN_PKR and _about(left, came):
                    best = last
        if best >= 0:
            yield Run(first, best, 1)


def _about(left: float, came: float) -> bool:
    return lines.THROUGH_SHARE_MIN * came <= left <= lines.THROUGH_SHARE_MAX * came


def _repeated(payments: Sequence[Payment], turns: list[Run]) -> list[list[Run]]:
    """Turns that follow each other within a month, so many at least."""
    groups: list[list[Run]] = []
    for turn in turns:
        if groups and payments[turn.first].at - payments[groups[-1][-1].last].at <= lines.THROUGH_REPEATED_WITHIN:
            groups[-1].append(turn)
        else:
            groups.append([turn])
    return [group for group in groups if len(group) >= lines.THROUGH_TURNS_MIN]


def hawala(account: Account) -> Iterator[Held]:
    """Many accounts on the other side of hawala payments: one who pays out for others, not one who sends home."""
    payments = [each for each in account.payments if each.channel == "hawala"]

    def other(payment: Payment) -> str:
        return payment.payer if payment.payee == account.token else payment.payee

    for run in spread(payments, other, lines.HAWALA_ACCOUNTS_MIN, lines.HAWALA_WINDOW):
        of = part(payments, run)
        yield Held(
            FindingKind.UNLICENSED_HAWALA,
            account.token,
            of,
            f"Hawala: payments between one account and {len({other(each) for each in of} - {''})} others",
            "The reports call the channel hawala. Whether the account's holder has a licence the hub does not know.",
            (
                _count("accounts within 30 days, at most", run, lines.HAWALA_ACCOUNTS_MIN, lines.HAWALA_SOURCE),
                *_sums(of),
            ),
        )


def front_charity(account: Account) -> Iterator[Held]:
    """Gifts come in as charity and leave in cash."""
    gifts = [each for each in account.came_in if each.channel == "charity" and each.rupees]
    cash = [each for each in account.went_out if each.channel == "cash"]
    for run in _spent(gifts, cash):
        of = part(gifts, run)
        drawn = (each for each in cash if of[0].at <= each.at <= of[-1].at + lines.CHARITY_WINDOW)
        yield Held(
            FindingKind.FRONT_CHARITY,
            account.token,
            tuple(sorted((*of, *drawn))),
            f"Charity: {len(of)} gifts came into one account and left it in cash",
            "What gifts are spent on in cash cannot be followed. Much honest relief work is paid in cash too.",
            (
                Figure(
                    name="share drawn in cash within 30 days, at most",
                    value=round(run.strength, 3),
                    threshold=lines.CHARITY_CASH_SHARE_MIN,
                    source=lines.CHARITY_SOURCE,
                ),
                Figure(
                    name="gifts",
                    value=_rupees(of),
                    unit=lines.RUPEE,
                    threshold=lines.CHARITY_AMOUNT_MIN_PKR,
                    source=lines.CASH_REPORT_SOURCE,
                ),
            ),
        )


def _spent(gifts: Sequence[Payment], cash: Sequence[Payment]) -> Iterator[Run]:
    """Gifts that follow each other within a month, where most of them were drawn in cash until a month after.

    Taken together: from the middle of them on, cash that came of earlier gifts would be held against later ones.
    """
    first = 0
    for last, gift in enumerate(gifts):
        if last + 1 < len(gifts) and gifts[last + 1].at - gift.at <= lines.CHARITY_WINDOW:
            continue
        given = _rupees(gifts[first : last + 1])
        left = _rupees(each for each in cash if gifts[first].at <= each.at <= gift.at + lines.CHARITY_WINDOW)
        if given >= lines.CHARITY_AMOUNT_MIN_PKR and left >= lines.CHARITY_CASH_SHARE_MIN * given:
            yield Run(first, last, min(1.0, left / given))
        first = last + 1


def _count(name: str, run: Run, threshold: float, source: str) -> Figure:
    return Figure(name=name, value=run.strength, threshold=threshold, source=source)


def _sums(payments: Iterable[Payment]) -> Iterator[Figure]:
    """What was paid in rupees, and how many payments were in other money."""
    of = tuple(payments)
    yield Figure(name="payments", value=len(of))
    yield Figure(name="together", value=_rupees(of), unit=lines.RUPEE)
    foreign = sum(each.currency != lines.RUPEE for each in of)
    if foreign:
        yield Figure(name="payments in other money, counted and not summed", value=foreign)


def _rupees(payments: Iterable[Payment]) -> float:
    return round(sum(each.rupees for each in payments), 2)


RULES: Final[tuple[Callable[[Account], Iterator[Held]], ...]] = (
    structuring, fan_in, fan_out, pass_through, hawala, front_charity,
)  # fmt: skip
PAYMENTS_MIN: Final = 2
"""No rule is held by one payment."""
