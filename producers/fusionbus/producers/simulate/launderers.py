"""Launderers among ordinary suspicion: schemes of payments, and honest customers who look like them.

Sizes and shares are assumptions: no country publishes its reports of suspicion. They are wide on purpose, so that some
schemes stay below every line and some honest customers are above one.
"""

from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from itertools import islice
from random import Random
from typing import Final, NamedTuple

from fusionbus.contract.sections import Transaction
from fusionbus.producers.simulate.names import token

LINE_PKR: Final = 2_000_000
"""What must be reported of cash. Source: AML Act 2010 s. 7, FMU Circular 1 of 2025."""
HONEST_A_SCHEME: Final = 12
"""Ordinary suspicions for each scheme."""


class Matter(NamedTuple):
    """What one or several reports of suspicion tell: payments of one account, and what is behind them."""

    account: str
    payments: list[Transaction]
    suspicion: str
    pattern: str | None
    """The scheme; none where everything is honest."""


Maker = Callable[[Random, str, datetime], Matter]


def schemes(rng: Random, count: int, start: datetime, span: timedelta) -> Iterator[Matter]:
    """So many schemes, each pattern in turn, at any time of the span, and the honest ones besides."""
    for number in range(count):
        maker = SCHEMES[number % len(SCHEMES)]
        yield maker(rng, f"launderer-{number}", _moment(rng, start, span))
    makers, shares = zip(*HONEST, strict=True)
    for number in range(count * HONEST_A_SCHEME):
        maker = rng.choices(makers, shares)[0]
        yield maker(rng, f"customer-{number}", _moment(rng, start, span))


def _moment(rng: Random, start: datetime, span: timedelta) -> datetime:
    return (start + span * (0.5 * rng.random())).replace(microsecond=0)


def _account(of: str, number: int = 0) -> str:
    return token("account", f"{of}/{number}")


def _pay(at: datetime, amount: float, payer: str | None, payee: str | None, channel: str) -> Transaction:
    return Transaction(
        at=at,
        amount=float(round(amount, -2)),
        from_account=payer,
        to_account=payee,
        channel=channel,  # type: ignore[arg-type] # one of its words
    )


def _later(rng: Random, at: datetime, days: float) -> datetime:
    return at + timedelta(seconds=rng.randrange(max(1, int(days * 86_400))))


def structuring(rng: Random, of: str, at: datetime) -> Matter:
    """Cash cut into pieces below the line."""
    mine, days = _account(of), rng.uniform(2, 12)
    pieces = [
        _pay(_later(rng, at, days), LINE_PKR * rng.uniform(0.6, 0.99), None, mine, "cash")
        for _ in range(rng.randint(3, 9))
    ]
    return Matter(mine, pieces, rng.choice(("structuring", "structuring", "other")), "structuring")


def fan_in(rng: Random, of: str, at: datetime) -> Matter:
    """Collected from many."""
    mine, days = _account(of), rng.uniform(2, 12)
    paid = [
        _pay(_later(rng, at, days), rng.uniform(20_000, 400_000), _account(of, n), mine, _bank(rng))
        for n in range(1, rng.randint(7, 25))
    ]
    return Matter(mine, paid, rng.choice(("fan_in", "fan_in", "other")), "fan_in")


def fan_out(rng: Random, of: str, at: datetime) -> Matter:
    """Handed out to many."""
    mine, days = _account(of), rng.uniform(2, 12)
    paid = [
        _pay(_later(rng, at, days), rng.uniform(20_000, 400_000), mine, _account(of, n), _bank(rng))
        for n in range(1, rng.randint(7, 25))
    ]
    return Matter(mine, paid, rng.choice(("fan_out", "other")), "fan_out")


def _bank(rng: Random) -> str:
    return rng.choice(("bank", "bank", "mobile_wallet"))


def pass_through(rng: Random, of: str, at: datetime) -> Matter:
    """In and out again within hours or days, several times."""
    mine, paid = _account(of), list[Transaction]()
    for turn in range(rng.randint(1, 6)):
        came = at + timedelta(days=turn * rng.uniform(2, 9))
        amount = LINE_PKR * rng.uniform(0.8, 6)
        paid.append(_pay(came, amount, _account(of, 1 + turn), mine, "bank"))
        gone = came + timedelta(hours=rng.uniform(1, 60))
        paid.append(_pay(gone, amount * rng.uniform(0.88, 1.0), mine, _account(of, 50 + turn), "bank"))
    return Matter(mine, paid, rng.choice(("pass_through", "other")), "pass_through")


def hawala(rng: Random, of: str, at: datetime) -> Matter:
    """An agent without a licence."""
    mine = _account(of)
    paid = [
        _pay(_later(rng, at, 25), rng.uniform(20_000, 300_000), *_either(rng, mine, _account(of, n)), "hawala")
        for n in range(1, rng.randint(5, 20))
    ]
    return Matter(mine, paid, rng.choice(("unlicensed_hawala", "other")), "unlicensed_hawala")


def _either(rng: Random, mine: str, other: str) -> tuple[str, str]:
    return (mine, other) if rng.random() < 0.5 else (other, mine)  # noqa: PLR2004 - a coin


def front_charity(rng: Random, of: str, at: datetime) -> Matter:
    """Gifts that leave in cash."""
    return _charity(rng, of, at, rng.uniform(0.65, 1.0), "front_charity")


def _charity(rng: Random, of: str, at: datetime, in_cash: float, pattern: str | None) -> Matter:
    mine = _account(of)
    gifts = [
        _pay(_later(rng, at, 20), rng.uniform(150_000, 1_500_000), _account(of, n), mine, "charity")
        for n in range(1, rng.randint(3, 7))
    ]
    total, last = sum(gift.amount for gift in gifts), max(gift.at for gift in gifts)
    spent = [_pay(_later(rng, last, 6), total * in_cash / 3, mine, None, "cash") for _ in range(3)]
    rest = _pay(_later(rng, last, 20), total * (1 - in_cash) + 1_000, mine, _account(of, 99), "bank")
    return Matter(mine, [*gifts, *spent, rest], rng.choice(("front_charity", "other")), pattern)


def household(rng: Random, of: str, at: datetime) -> Matter:
    """Somebody whose payment looked odd to a clerk."""
    paid = [
        _pay(
            _later(rng, at, 20),
            rng.lognormvariate(11.5, 1.2) + 500,
            *_either(rng, _account(of), _account(of, n)),
            "bank",
        )
        for n in range(1, rng.randint(2, 5))
    ]
    return Matter(_account(of), paid, "other", None)


def shop(rng: Random, of: str, at: datetime) -> Matter:
    """Customers pay by wallet: some weeks many of them."""
    mine = _account(of)
    paid = [
        _pay(_later(rng, at, 10), rng.uniform(500, 60_000), _account(of, n), mine, "mobile_wallet")
        for n in range(1, rng.randint(3, 13))
    ]
    return Matter(mine, paid, "other", None)


def wholesaler(rng: Random, of: str, at: datetime) -> Matter:
    """Shopkeepers pay their supplier: many, and much."""
    mine = _account(of)
    paid = [
        _pay(_later(rng, at, 8), rng.uniform(50_000, 600_000), _account(of, n), mine, "bank")
        for n in range(1, rng.randint(5, 20))
    ]
    return Matter(mine, paid, rng.choice(("fan_in", "other")), None)


def employer(rng: Random, of: str, at: datetime) -> Matter:
    """Wages on one day."""
    mine = _account(of)
    paid = [
        _pay(_later(rng, at, 1), rng.uniform(35_000, 150_000), mine, _account(of, n), "bank")
        for n in range(1, rng.randint(3, 12))
    ]
    return Matter(mine, paid, "other", None)


def takings(rng: Random, of: str, at: datetime) -> Matter:
    """A trader brings cash to the bank, mostly far below the line."""
    mine = _account(of)
    paid = [
        _pay(at + timedelta(days=day), rng.lognormvariate(12.9, 0.5), None, mine, "cash")
        for day in range(rng.randint(2, 9))
    ]
    return Matter(mine, paid, "structuring", None)


def car(rng: Random, of: str, at: datetime) -> Matter:
    """Money for a car, a plot or a wedding comes in, and is paid on the next day; once."""
    mine, amount = _account(of), LINE_PKR * rng.uniform(0.6, 4)
    bought = at + timedelta(hours=rng.uniform(3, 70))
    paid = [
        _pay(at, amount, _account(of, 1), mine, "bank"),
        _pay(bought, amount * rng.uniform(0.9, 1), mine, _account(of, 2), "bank"),
    ]
    return Matter(mine, paid, "pass_through", None)


def remittance(rng: Random, of: str, at: datetime) -> Matter:
    """A worker sends wages home by hawala."""
    paid = [
        _pay(at + timedelta(days=9 * month), rng.uniform(30_000, 120_000), _account(of, 1), _account(of), "hawala")
        for month in range(rng.randint(1, 5))
    ]
    return Matter(_account(of), paid, "unlicensed_hawala", None)


def relief(rng: Random, of: str, at: datetime) -> Matter:
    """An honest charity, which pays by transfer and some of it in cash."""
    return _charity(rng, of, at, rng.uniform(0.0, 0.75), None)


SCHEMES: Final[tuple[Maker, ...]] = (structuring, fan_in, fan_out, pass_through, hawala, front_charity)
HONEST: Final[tuple[tuple[Maker, int], ...]] = (
    (household, 38), (shop, 15), (wholesaler, 2), (employer, 8), (takings, 12), (car, 12), (remittance, 8), (relief, 5),
)  # fmt: skip


def in_reports(rng: Random, matter: Matter) -> list[list[Transaction]]:
    """The payments as one to four reports tell them, one after the other; a few are told twice."""
    payments = sorted(matter.payments, key=lambda each: each.at)
    size = max(1, -(-len(payments) // rng.randint(1, 4)))
    rest = iter(payments)
    parts = list(iter(lambda: list(islice(rest, size)), []))
    if len(parts) > 1 and rng.random() < 0.3:  # noqa: PLR2004 - an assumption
        parts[-1] = [parts[-2][-1], *parts[-1]]
    return parts
