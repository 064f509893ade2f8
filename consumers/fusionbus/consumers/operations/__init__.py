"""How the bus runs: read from the metrics of its processes and the offsets of its broker, put into figures."""
