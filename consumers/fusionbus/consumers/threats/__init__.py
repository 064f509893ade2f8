"""The threat database: what an agency, or the centre for many, keeps of alerts, and how it is searched."""
