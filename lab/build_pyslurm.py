#!/usr/bin/env python3
"""Build and install pyslurm for the Slurm of this host, also for a Slurm newer than pyslurm knows.

Run it with the Python that shall import pyslurm, beside Slurm's headers and library:

    /opt/slurm-energy/bin/python build_pyslurm.py

It needs a C compiler, libslurm's headers, and `cython`, `setuptools`, `wheel` and `packaging` in
that Python. The release on PyPI refuses any Slurm but its own; SOURCES below says for each Slurm
which release fits, and which names of its C interface have moved since.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path
from typing import NamedTuple


class Source(NamedTuple):
    """A pyslurm release and the C flags that fit it to one Slurm."""

    release: str
    cflags: tuple[str, ...] = ()


SOURCES = {
    (25, 11): Source("25.11.2"),
    (26, 5): Source(
        "25.11.2",
        (
            "-DSLURM_BACKWARD_COMPAT",
            "-Dslurm_free_ctl_conf=slurm_free_conf",
            "-DESLURM_ERROR_ON_DESC_TO_RECORD_COPY=ESLURM_NOT_SUPPORTED",
        ),
    ),
}
VERSION_HEADER = Path("/usr/include/slurm/slurm_version.h")
LIBRARY_DIRECTORIES = (
    "/usr/lib/x86_64-linux-gnu",
    "/usr/lib/aarch64-linux-gnu",
    "/usr/lib64",
    "/usr/lib",
)


def slurm_version() -> tuple[int, int]:
    """Return major and minor of the Slurm whose headers are installed."""
    if not VERSION_HEADER.exists():
        raise SystemExit(
            f"build_pyslurm: {VERSION_HEADER} is missing; install libslurm-dev (or slurm-devel)"
        )
    number = re.search(r"SLURM_VERSION_NUMBER 0x([0-9a-f]{6})", VERSION_HEADER.read_text("latin-1"))
    if number is None:
        raise SystemExit(
            f"build_pyslurm: {VERSION_HEADER} has no SLURM_VERSION_NUMBER; reinstall libslurm-dev"
        )
    value = int(number[1], 16)
    return value >> 16 & 0xFF, value >> 8 & 0xFF


def library_directory() -> str:
    """Return the directory from which pyslurm's own search finds libslurmfull."""
    for directory in LIBRARY_DIRECTORIES:
        for subdirectory in ("", "slurm", "slurm-wlm"):
            if Path(directory, subdirectory, "libslurmfull.so").exists():
                return directory
    raise SystemExit(
        "build_pyslurm: libslurmfull.so is in no usual place; install Slurm's client package"
    )


def pip(*arguments: str, env: dict[str, str] | None = None) -> None:
    """Run this Python's pip and stop with its output on failure."""
    subprocess.run([sys.executable, "-m", "pip", *arguments], check=True, env=env)


def main() -> None:
    """Download, fit, build and install pyslurm."""
    version = slurm_version()
    source = SOURCES.get(version)
    if source is None:
        known = ", ".join(f"{major}.{minor:02}" for major, minor in SOURCES)
        raise SystemExit(
            f"build_pyslurm: Slurm {version[0]}.{version[1]:02} is not among {known}; "
            "run slurm-energy with the command-line client instead"
        )
    with tempfile.TemporaryDirectory() as name:
        work = Path(name)
        pip("download", "--no-deps", "--no-binary", ":all:", "--no-build-isolation",
            "--dest", name, f"pyslurm=={source.release}")  # fmt: skip
        with tarfile.open(next(work.glob("pyslurm-*.tar.gz"))) as archive:
            archive.extractall(work, filter="data")
        tree = work / f"pyslurm-{source.release}"
        patch = source.release.rpartition(".")[2]
        (tree / "pyslurm/version.py").write_text(
            f'__version__ = "{version[0]}.{version[1]}.{patch}"\n'
        )
        env = os.environ | {
            "CFLAGS": " ".join((os.environ.get("CFLAGS", "-O1 -g0"), *source.cflags)),
            "SLURM_LIB_DIR": library_directory(),
            "PYSLURM_BUILD_JOBS": str(os.cpu_count() or 1),
        }
        jobs = f"--parallel={os.cpu_count() or 1}"
        setup = [sys.executable, "setup.py", "build_ext", jobs, "bdist_wheel"]
        subprocess.run(setup, check=True, cwd=tree, env=env)
        pip("install", "--no-deps", "--force-reinstall", *map(str, (tree / "dist").glob("*.whl")))


if __name__ == "__main__":
    main()
