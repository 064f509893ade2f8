"""Attacks that hang together: near repeats, and coordinated nights."""
