"""The weekly forecast: how likely each district sees at least one attack in the coming week, and how good that was."""
