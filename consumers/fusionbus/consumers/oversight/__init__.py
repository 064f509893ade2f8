"""Oversight: what the auditors ask of the audit, kept in a database of their own."""
