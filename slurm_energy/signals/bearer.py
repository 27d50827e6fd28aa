"""Who may post grid events: whoever knows the token of a file. It is never kept or shown."""

import hmac
import stat
from dataclasses import dataclass
from hashlib import sha256

from slurm_energy.errors import InputError, ProviderRefused
from slurm_energy.signals.secret import Secret

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
            path = Secret(self.place).path()
            mode = path.stat().st_mode
        except (ProviderRefused, OSError):
            return None
        if not mode & stat.S_IRWXO:
            return None
        return f"{path} has mode {stat.S_IMODE(mode):04o}: everybody on this host can post events"

    def _token(self) -> str:
        secret = Secret(self.place)
        try:
            text, path = secret.read(), secret.path()
        except ProviderRefused as error:
            raise InputError(f"webhook token: {error}") from None
        if len(text) < _SHORTEST:
            told = f"expected a token of {_SHORTEST} characters or more"
            raise InputError(f"webhook token: {path}: {told}; write openssl rand -hex 32 into it")
        return text
