"""A real two-cluster Slurm federation on one machine, for demo, tests and the curious."""
