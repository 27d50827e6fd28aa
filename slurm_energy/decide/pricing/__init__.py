"""What a slot of running costs: signals, rates and thresholds as one curve per line of jobs."""
