"""Alert services: who in an agency is told what, when, by which way, and who is told next if nobody answers."""
