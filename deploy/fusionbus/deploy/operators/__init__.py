"""Operators' tools: dead letters, lag, the doctor and a report's story. Looking never changes anything."""
