"""The only room that speaks Slurm."""
