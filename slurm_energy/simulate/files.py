"""The text of a file that somebody named, or one line that says why there is none."""

import gzip
import zlib
from pathlib import Path

from slurm_energy.errors import InputError

_GZIP = b"\x1f\x8b"
_HEAD = 64 * 1024


def text_of(path: Path) -> str:
    """The whole file as text, unpacked where it is gzip. Raises ``InputError``."""
    return _read(path, None)


def head_of(path: Path) -> str:
    """The first 64 Ki characters: enough to see what kind of file it is. Raises ``InputError``."""
    return _read(path, _HEAD)


def _read(path: Path, length: int | None) -> str:
    try:
        with path.open("rb") as file:
            packed = file.read(2) == _GZIP
        opener = gzip.open if packed else open
        with opener(path, "rt", encoding="utf-8-sig", newline="") as text:
            return str(text.read(length))
    except UnicodeDecodeError as error:
        raise InputError(f"{path}: it is not UTF-8 text; save the file as UTF-8") from error
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise InputError(f"{path}: the gzip file is damaged ({error}); fetch it again") from error
    except OSError as error:
        reason = error.strerror or str(error)
        raise InputError(f"{path}: {reason}; name a file that can be read") from error
