"""Energy as a scheduling input for Slurm: start reading at :mod:`slurm_energy.cycle`."""

__version__ = "0.1.0"
