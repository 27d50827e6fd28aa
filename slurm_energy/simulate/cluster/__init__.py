"""A Slurm cluster in memory that plays traces: the queue, backfill, nodes, power, federation."""
