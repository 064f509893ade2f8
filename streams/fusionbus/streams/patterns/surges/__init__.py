"""Surges: more attacks in a district and around it than its own past lets expect."""
