"""Patterns of payments: structuring, fans, pass-through, accounts in several cases, hawala, front charities."""

from fusionbus.streams.patterns.money.search import MoneySearch

__all__ = ["MoneySearch"]
