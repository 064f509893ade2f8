"""Producers: an agency's side of sending: publisher, outbox, import, replay, simulator."""
