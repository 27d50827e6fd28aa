"""The last configuration that was valid, for ``release`` when the present one is not."""

import stat
from contextlib import suppress
from pathlib import Path

from slurm_energy.state.files import replace

LAST_GOOD_FILE = "last-good.toml"


class LastGood:
    """A copy of the configuration file that the daemon runs with."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / LAST_GOOD_FILE

    def keep(self, config: Path) -> None:
        """Copy ``config``, which was found valid, for whoever may read that and nobody else.

        Where that fails the older copy stays.
        """
        with suppress(OSError, UnicodeDecodeError):
            text, mode = config.read_text(encoding="utf-8"), stat.S_IMODE(config.stat().st_mode)
            if not self._is(text, mode):
                replace(self.path, text, mode)

    def _is(self, text: str, mode: int) -> bool:
        if not self.path.exists() or stat.S_IMODE(self.path.stat().st_mode) != mode:
            return False
        return self.path.read_text(encoding="utf-8") == text
