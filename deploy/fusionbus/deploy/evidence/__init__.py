"""Evidence: one incident as a sealed package that a stranger checks offline (docs/evidence.md)."""
