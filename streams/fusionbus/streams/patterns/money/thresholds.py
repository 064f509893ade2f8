"""The lines that payments are held against, each with where it comes from; `docs/money.md` tells their effect."""

from datetime import timedelta
from typing import Final

RUPEE: Final = "PKR"
"""Only amounts in rupees are summed. A payment in other money is counted, for no rate of the day is known here."""

CASH_REPORT_PKR: Final = 2_000_000.0
CASH_REPORT_SOURCE: Final = "AML Act 2010 s. 7; FMU Circular 1 of 2025: cash of PKR 2 million or above is reported"
"""Read at regalert.today (the circular's text) and brecorder.com/news/40107928 (the FMU's guidelines)."""

STRUCTURING_FLOOR_PKR: Final = CASH_REPORT_PKR / 2
"""Below half the line, payments need no fear of it: a shop's daily takings lie there. An assumption, measured."""
STRUCTURING_PAYMENTS_MIN: Final = 3
STRUCTURING_WINDOW: Final = timedelta(days=7)
STRUCTURING_SOURCE: Final = "FATF typology of structuring; number and days chosen on simulated truth, docs/money.md"

FAN_ACCOUNTS_MIN: Final = 8
FAN_AMOUNT_MIN_PKR: Final = CASH_REPORT_PKR
"""Together: what a shop's customers or a workshop's wages seldom come to in a week. An assumption, measured."""
FAN_WINDOW: Final = timedelta(days=7)
FAN_SOURCE: Final = "FATF typologies (collection and funnel accounts); number and days as in docs/money.md"

THROUGH_WINDOW: Final = timedelta(hours=48)
THROUGH_SHARE_MIN: Final = 0.9
THROUGH_SHARE_MAX: Final = 1.02
THROUGH_AMOUNT_MIN_PKR: Final = CASH_REPORT_PKR
THROUGH_TURNS_MIN: Final = 2
"""Times within `THROUGH_REPEATED_WITHIN`. Once is also how a car is bought."""
THROUGH_REPEATED_WITHIN: Final = timedelta(days=30)
THROUGH_SOURCE: Final = "State Bank guideline of 2016 (withdrawn immediately after deposit); FinCEN: within two days"
THROUGH_SHARE_SOURCE: Final = "IBM AMLSim passes on 90 % of what came in; a fee or a rest remains"

HAWALA_ACCOUNTS_MIN: Final = 5
HAWALA_WINDOW: Final = timedelta(days=30)
HAWALA_SOURCE: Final = "FERA 1947 s. 4 and FATF 2013, hawala and similar providers; number and days as in docs/money.md"

CHARITY_WINDOW: Final = timedelta(days=30)
CHARITY_CASH_SHARE_MIN: Final = 0.7
CHARITY_AMOUNT_MIN_PKR: Final = CASH_REPORT_PKR
CHARITY_SOURCE: Final = "FMU typology, home remittances for terrorism financing: gifts to a school leave in cash"

REPORTERS_MIN: Final = 2
"""Agencies which each from an origin of its own call an account a hawala or a front: one is a suspicion."""

INCIDENTS_SHARED_MAX: Final = 20
PAYMENTS_LOOKED_AT_MAX: Final = 500
REPORTS_LOOKED_AT_MAX: Final = 500
CAP_SOURCE: Final = "Over-correlation: MISP issues 3142, 7366, 9366; as the hub's own index of tokens"
"""An account in more cases is a shop's or a bill collector's; one with more payments is judged by its newest."""

STANDS_FOR: Final = timedelta(days=90)
"""How long after its last payment a finding stands. An assumption: what is older is in the case file."""
