"""Zones see each other: a report on a border is shown next door, and an incident two zones hear of becomes one."""
