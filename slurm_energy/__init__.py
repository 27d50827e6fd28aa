"""Energy as a scheduling input for Slurm: start reading at :mod:`slurm_energy.cycle`."""

import os

__version__ = "0.1.0"

# Our matrices are small: on a loaded machine BLAS threads only wait for each other. Read by numpy
# when it is first imported, so it stands before everything else.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
