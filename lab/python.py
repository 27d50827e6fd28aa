"""The layers above the tree that hold /opt/slurm-energy: pyslurm below, all other packages above.

They are apart because compiling pyslurm takes half a minute, and a changed dependency must not.
"""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING

from lab.cache import cached, content_key
from lab.outer import carry_network_settings
from lab.overlay import PROJECT, Overlay

if TYPE_CHECKING:
    from lab.progress import Progress

VENV = Path("/opt/slurm-energy")
BUILD_PYSLURM = PROJECT / "lab/build_pyslurm.py"
BUILD_PACKAGES = ["cython", "packaging", "setuptools", "wheel"]


def python_layers(tree: Path, progress: Progress) -> tuple[Path, Path]:
    """Return the layer of all packages and the one of pyslurm, topmost first."""
    key = content_key([BUILD_PYSLURM], tree.name, *BUILD_PACKAGES)
    pyslurm = cached("pyslurm", key, lambda place: _build_pyslurm(place, tree, progress))
    wanted = project_packages()
    key = content_key([], pyslurm.name, *wanted)
    below = (pyslurm, tree)
    return cached("python", key, lambda place: _install(place, below, wanted, progress)), pyslurm


def project_packages() -> list[str]:
    """Return what the project states that it needs, to run and to be built."""
    path = PROJECT / "pyproject.toml"
    content = tomllib.loads(path.read_text()) if path.exists() else {}
    run = content.get("project", {}).get("dependencies", [])
    build = content.get("build-system", {}).get("requires", [])
    return sorted({*BUILD_PACKAGES, *run, *build})


def _build_pyslurm(place: Path, tree: Path, progress: Progress) -> None:
    progress.say("compiling pyslurm, once")
    python = f"{VENV}/bin/python"
    commands = [
        ["python3", "-m", "venv", str(VENV)],
        [python, "-m", "pip", "install", *BUILD_PACKAGES],
        ["eatmydata", python, "/root/build_pyslurm.py"],
    ]
    overlay = Overlay((tree,), place / "overlay")
    overlay.make()
    (overlay.upper / "root").mkdir(mode=0o700)
    shutil.copy(BUILD_PYSLURM, overlay.upper / "root")
    _keep_what(overlay, commands, place, progress)


def _install(place: Path, below: tuple[Path, ...], wanted: list[str], progress: Progress) -> None:
    progress.say("installing Python packages")
    overlay = Overlay(below, place / "overlay")
    overlay.make()
    _keep_what(overlay, [[f"{VENV}/bin/pip", "install", *wanted]], place, progress)


def _keep_what(
    overlay: Overlay, commands: list[list[str]], place: Path, progress: Progress
) -> None:
    """Run commands inside an overlay and keep what they wrote to the virtual environment."""
    carry_network_settings(overlay.upper)
    for command in commands:
        progress.run(overlay.chroot_argv(command))
    target = place / str(VENV).lstrip("/")
    target.parent.mkdir(parents=True)
    (overlay.upper / str(VENV).lstrip("/")).rename(target)
    shutil.rmtree(overlay.place)
