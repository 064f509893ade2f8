"""Oversight as JSON: every number with what it is out of, every record with its place."""

from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime
from typing import Any

from fusionbus.consumers.oversight.figures import Behind, Count, Figure, Period
from fusionbus.consumers.oversight.looks import Look
from fusionbus.consumers.oversight.whom import Told


def figures_tree(figures: Sequence[Figure], period: Period) -> dict[str, Any]:
    """The figures of a period."""
    return {
        "from": period.begin.isoformat(),
        "up_to": period.end.isoformat(),
        "figures": [
            {
                "key": one.definition.key,
                "title": one.definition.title,
                "counted": one.definition.counted,
                "out_of": one.definition.out_of,
                "meaning": one.definition.meaning,
                "law": one.definition.law,
                "by": one.definition.by,
                "total": _count(one.total),
                "rows": [_count(row) for row in one.rows],
            }
            for one in figures
        ],
    }


def behind_tree(records: Sequence[Behind]) -> list[dict[str, Any]]:
    """Records with their places."""
    return [_dated(asdict(one)) for one in records]


def told_tree(told: Told, looks: Sequence[Look]) -> dict[str, Any]:
    """A report's acts, its recipients, and who looked at it."""
    return {
        "report_id": told.report_id,
        "agency": told.agency,
        "steps": [_dated(asdict(step)) for step in told.steps],
        "looks": [_dated(asdict(one)) for one in looks],
    }


def _count(row: Count) -> dict[str, Any]:
    return {"about": row.about, "count": row.count, "of": row.of, "share": row.share}


def _dated(tree: dict[str, Any]) -> dict[str, Any]:
    return {name: value.isoformat() if isinstance(value, datetime) else value for name, value in tree.items()}
