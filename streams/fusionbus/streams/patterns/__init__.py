"""The search for patterns: what many reports tell together and none of them alone."""
