"""Backup and restore of what nobody could make anew: the registry, and threat databases."""
