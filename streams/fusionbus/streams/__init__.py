"""Streams: the hub, in files in the order a report meets them."""
