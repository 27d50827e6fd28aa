"""Directories that are built once, keyed by what they come from, never seen half-built."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

CACHE_ROOT = Path("/var/cache/slurm-energy-lab")
STAMP = ".complete"


def content_key(paths: Iterable[Path], *texts: str) -> str:
    """Return a short key of the contents of files (folders are walked) and of further texts."""
    digest = hashlib.sha256()
    for path in sorted(_files(paths)):
        digest.update(f"{path.name}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for text in texts:
        digest.update(b"\0text\0" + text.encode())
    return digest.hexdigest()[:16]


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_dir():
            yield from (each for each in path.rglob("*") if each.is_file() and _is_source(each))
        elif path.is_file():
            yield path


def _is_source(path: Path) -> bool:
    return "__pycache__" not in path.parts and path.suffix not in {".so", ".pyc"}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; a second process waits its turn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(kind: str, key: str, build: Callable[[Path], None]) -> Path:
    """Return the directory of this kind and key, building it unless it is there and complete.

    It is built under a temporary name, stamped last and renamed, so what carries the final name
    and the stamp is whole; anything else is removed and built again.
    """
    CACHE_ROOT.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = CACHE_ROOT / f"{kind}-{key}"
    with locked(CACHE_ROOT / f"{kind}.lock"):
        if is_complete(target):
            return target
        for broken in (target, *CACHE_ROOT.glob(f"{kind}-*.building")):
            shutil.rmtree(broken, ignore_errors=True)
        work = CACHE_ROOT / f"{kind}-{key}.building"
        work.mkdir()
        build(work)
        (work / STAMP).write_text(f"{key}\n")
        work.rename(target)
    return target


def is_complete(directory: Path) -> bool:
    """Tell whether a cached directory was built to the end."""
    key = directory.name.rpartition("-")[2]
    stamp = directory / STAMP
    return stamp.is_file() and stamp.read_text().strip() == key
