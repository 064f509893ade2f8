"""Alerts in the formats of others. Pure: an alert in, bytes or text out; no more than the alert's form allows."""
