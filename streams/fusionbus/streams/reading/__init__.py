"""What a report's text says: places, time, toll, category, actor, target. Pure; tables are loaded at import."""
