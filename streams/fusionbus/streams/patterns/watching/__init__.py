"""Wanted persons, and where they are met."""
