"""The wheel of the working tree, built inside the tree's Python, cached by content."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from lab.cache import cached, content_key
from lab.overlay import PROJECT, Overlay
from lab.python import VENV

if TYPE_CHECKING:
    from pathlib import Path

    from lab.progress import Progress

SOURCES = [
    PROJECT / name
    for name in (
        *("slurm_energy", "ext", "etc", "systemd", "pyproject.toml", "setup.py", "setup.cfg"),
        *("MANIFEST.in", "README.md", "LICENSE", "COPYING", "NOTICE"),
    )
]
QUEUE_READER = PROJECT / "ext/_queue.pyx"
WITH_SLURM = {"SLURM_ENERGY_WITH_SLURM": "1"}
IGNORED = shutil.ignore_patterns("__pycache__", "*.so", "*.pyc", "*.egg-info", "build")


def project_wheel(layers: tuple[Path, ...], progress: Progress) -> Path | None:
    """Return the wheel of the working tree, or None while the project has no package."""
    if not (PROJECT / "pyproject.toml").exists() or not (PROJECT / "slurm_energy").is_dir():
        return None
    key = content_key(SOURCES, *(layer.name for layer in layers))
    place = cached("wheel", key, lambda directory: _build(directory, layers, progress))
    return next(place.glob("*.whl"))


def _build(directory: Path, layers: tuple[Path, ...], progress: Progress) -> None:
    progress.say("building the wheel of the working tree")
    overlay = Overlay(layers, directory / "overlay")
    overlay.make()
    source = overlay.upper / "source"
    source.mkdir()
    for path in SOURCES:
        if path.is_dir():
            shutil.copytree(path, source / path.name, ignore=IGNORED)
        elif path.exists():
            shutil.copy(path, source)
    pip = [f"{VENV}/bin/pip", "wheel", "--no-deps", "--no-index", "--no-build-isolation"]
    argv = overlay.chroot_argv([*pip, "--wheel-dir", "/wheels", "/source"])
    progress.run(argv, env=WITH_SLURM if QUEUE_READER.exists() else {})
    for wheel in (overlay.upper / "wheels").glob("*.whl"):
        shutil.move(wheel, directory)
    shutil.rmtree(overlay.place)
