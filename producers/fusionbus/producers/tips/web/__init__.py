"""The pages of the tip line: the public form, and the desk's."""
