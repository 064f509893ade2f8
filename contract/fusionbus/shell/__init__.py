"""What every process of every room shares: the command line, broker settings, logs and metric names."""
