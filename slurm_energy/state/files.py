"""Files that are replaced in one step and survive a crash."""

import os
import tempfile
from pathlib import Path

READABLE = 0o644


def replace(path: Path, text: str, mode: int = READABLE) -> None:
    """Replace ``path`` by ``text``: readers see the old or the new, also after a power cut.

    ``mode``: who may read it. Raises ``OSError``; the old file stays then.
    """
    handle, name = tempfile.mkstemp(prefix=f".{path.name}.", dir=path.parent)
    temporary = Path(name)
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fchmod(file.fileno(), mode)
            os.fsync(file.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    _sync_directory(path.parent)


def remove(path: Path) -> None:
    """Remove ``path`` durably; nothing happens where there is none. Raises ``OSError``."""
    path.unlink(missing_ok=True)
    _sync_directory(path.parent)


def _sync_directory(directory: Path) -> None:
    descriptor = os.open(directory, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
