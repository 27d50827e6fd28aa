"""`make demo`: the whole loop on a real two-cluster Slurm, in minutes, with a generated day."""
