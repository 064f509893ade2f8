"""The tip line: what the public tells by form, phone, SMS and mail, and the desk that decides what becomes a report."""
