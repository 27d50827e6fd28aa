"""Directories that are built once, keyed by what they come from, never seen half-built."""

from __future__ import annotations

import fcntl
import hashlib
import shutil
import sys
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Container, Iterable, Iterator

CACHE_ROOT = Path("/var/cache/slurm-energy-lab")
STAMP = ".complete"
KEPT_SECONDS = 7 * 24 * 3600


def content_key(paths: Iterable[Path], *texts: str) -> str:
    """Return a short key of the contents of files (folders are walked) and of further texts."""
    digest = hashlib.sha256()
    for name, path in sorted(_files(paths)):
        digest.update(f"{name}\0{path.stat().st_mode & 0o111}\0".encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for text in texts:
        digest.update(b"\0text\0" + text.encode())
    return digest.hexdigest()[:16]


def _files(paths: Iterable[Path]) -> Iterator[tuple[str, Path]]:
    """Yield each file with its name from the given path on, so that a copied tree has its key."""
    for path in paths:
        for each in [path, *path.rglob("*")]:
            if each.is_file() and _is_source(each):
                yield str(each.relative_to(path.parent)), each


def _is_source(path: Path) -> bool:
    return "__pycache__" not in path.parts and path.suffix not in {".so", ".pyc"}


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Hold an exclusive lock on a file; a second process waits its turn."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            print(f"lab: waiting for another process that holds {path}", file=sys.stderr)
            fcntl.flock(file, fcntl.LOCK_EX)
        yield


def cached(kind: str, key: str, build: Callable[[Path], None], root: Path = CACHE_ROOT) -> Path:
    """Return the directory of this kind and key, building it unless it is there and complete.

    It is built under a temporary name, stamped last and renamed, so what carries the final name
    and the stamp is whole; anything else is removed and built again.
    """
    root.mkdir(mode=0o700, parents=True, exist_ok=True)
    target = root / f"{kind}-{key}"
    with locked(root / f"{kind}.lock"):
        if is_complete(target):
            (target / STAMP).touch()
            return target
        for broken in (target, *root.glob(f"{kind}-*.building")):
            shutil.rmtree(broken, ignore_errors=True)
        work = root / f"{kind}-{key}.building"
        work.mkdir()
        build(work)
        (work / STAMP).write_text(f"{key}\n")
        work.rename(target)
    return target


def prune(in_use: Container[str], root: Path = CACHE_ROOT) -> list[str]:
    """Remove the directories that nobody asked for in a week, but for those in use; name them."""
    horizon = time.time() - KEPT_SECONDS
    stale = [
        stamp.parent
        for stamp in root.glob(f"*/{STAMP}")
        if stamp.stat().st_mtime < horizon and stamp.parent.name not in in_use
    ]
    for directory in stale:
        shutil.rmtree(directory, ignore_errors=True)
    return sorted(directory.name for directory in stale)


def is_complete(directory: Path) -> bool:
    """Tell whether a cached directory was built to the end."""
    key = directory.name.rpartition("-")[2]
    stamp = directory / STAMP
    return stamp.is_file() and stamp.read_text().strip() == key
