"""Compiled parts: the kernels always, the queue reader where Slurm's headers are asked for.

``SLURM_ENERGY_WITH_SLURM=1`` builds ``slurm_energy.slurm._queue`` with Slurm's headers; a machine
without Slurm (a laptop, CI's unit tests) builds and runs everything else.
"""

import os

import numpy as np
from Cython.Build import cythonize
from setuptools import Extension, setup

KERNEL_FLAGS = ["-O3", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"]
NUMPY = ("NPY_NO_DEPRECATED_API", "NPY_1_7_API_VERSION")

extensions = [
    Extension(
        f"slurm_energy.decide.{room}.{kernel}",
        [f"ext/{kernel}.pyx"],
        include_dirs=[np.get_include()],
        define_macros=[NUMPY],
        extra_compile_args=KERNEL_FLAGS,
    )
    for room, kernel in (("scoring", "_score"), ("market", "_stopping"), ("market", "_starts"))
]
if os.environ.get("SLURM_ENERGY_WITH_SLURM") == "1":
    # Not linked: it takes libslurm from pyslurm, for a process can hold only one of them.
    extensions.append(Extension("slurm_energy.slurm._queue", ["ext/_queue.pyx"]))

setup(ext_modules=cythonize(extensions, compiler_directives={"language_level": "3"}))
