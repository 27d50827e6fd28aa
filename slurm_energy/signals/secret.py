"""A token or a password that stands in a file: read when it is needed, never kept or shown."""

import os
import pwd
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.errors import ProviderRefused

_LARGEST = 8192
"""Characters; a token is far shorter, another file is a mistake."""


@dataclass(frozen=True, slots=True)
class Secret:
    """``place``: the path of a file, or the bare name of a systemd credential."""

    place: str

    def read(self) -> str:
        """The secret without white space around it. Raises ``ProviderRefused``."""
        path = self.path()
        try:
            with path.open(encoding="utf-8") as file:
                text = file.read(_LARGEST + 1).strip()
        except (OSError, UnicodeDecodeError) as error:
            told = getattr(error, "strerror", None) or "not UTF-8"
            if isinstance(error, PermissionError):
                told = f"{told} for {_user()}"
            cure = "put the token there, readable for the daemon's user"
            raise ProviderRefused(f"{path}: {told}; {cure}") from None
        if not text or len(text) > _LARGEST or not text.isprintable():
            raise ProviderRefused(f"{path}: expected one line with the token and nothing else")
        return text

    def path(self) -> Path:
        """Where it stands; raises ``ProviderRefused`` for a credential that was not handed over."""
        if "/" in self.place:
            return Path(self.place)
        directory = os.environ.get("CREDENTIALS_DIRECTORY")
        if directory is None:
            told = f"no systemd credential {self.place!r} was handed over"
            raise ProviderRefused(f"{told}; add LoadCredential={self.place}:/path to the unit")
        return Path(directory) / self.place


def _user() -> str:
    """Who we are: an administrator who tries things out is not the daemon."""
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:
        return f"uid {os.geteuid()}"
