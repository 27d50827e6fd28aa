"""Who may post grid events: whoever knows the token of a file. It is never kept or shown."""

import hmac
import os
import stat
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from slurm_energy.errors import InputError

_LARGEST = 4096
_SHORTEST = 16
"""Characters of a token; fewer can be guessed."""


@dataclass(frozen=True, slots=True)
class Bearer:
    """``place``: the path of the token's file, or the bare name of a systemd credential."""

    place: str

    def admits(self, authorization: str | None) -> bool:
        """Whether an ``Authorization`` header carries the token; takes as long for any wrong one.

        The file is read anew, so that a token is changed without a restart. Raises
        ``InputError`` where there is no token to compare with.
        """
        expected = self._token()
        kind, _, given = (authorization or "").partition(" ")
        found = sha256(given.strip().encode("utf-8", "replace")).digest()
        same = hmac.compare_digest(found, sha256(expected.encode()).digest())
        return same and kind.lower() == "bearer"

    def problem(self) -> str | None:
        """Why nobody can be admitted, in one line; None when all is well."""
        try:
            self._token()
        except InputError as error:
            return str(error)
        return None

    def exposed(self) -> str | None:
        """Who else can read the token, in one line; None when nobody can or there is none."""
        try:
            path = self._path()
            mode = path.stat().st_mode
        except (InputError, OSError):
            return None
        if not mode & stat.S_IRWXO:
            return None
        return f"{path} has mode {stat.S_IMODE(mode):04o}: everybody on this host can post events"

    def _path(self) -> Path:
        if "/" in self.place:
            return Path(self.place)
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            told = f"no systemd credential {self.place!r} was handed over"
            raise InputError(f"{told}; add LoadCredential={self.place}:/path to the unit")
        return Path(directory) / self.place

    def _token(self) -> str:
        path = self._path()
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(_LARGEST + 1).strip()
        except UnicodeDecodeError:
            text = ""
        except OSError as error:
            told = f"{path} can't be read: {error.strerror}"
            raise InputError(f"{told}; put the token there, readable for the daemon") from None
        if not _SHORTEST <= len(text) <= _LARGEST or not text.isprintable():
            allowed = f"one line of {_SHORTEST} to {_LARGEST} characters"
            raise InputError(f"{path}: expected {allowed}; write openssl rand -hex 32 into it")
        return text
