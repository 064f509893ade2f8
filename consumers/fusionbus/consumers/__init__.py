"""Consumers: an agency's side of receiving: receiver, handlers, threat database."""
