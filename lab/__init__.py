"""A real two-cluster Slurm federation on one machine, for the demo, the tests and anybody curious."""
