"""The last configuration that was valid, for ``release`` when the present one is not."""

from contextlib import suppress
from pathlib import Path

from slurm_energy.state.files import replace

LAST_GOOD_FILE = "last-good.toml"


class LastGood:
    """A copy of the configuration file that the daemon runs with."""

    def __init__(self, directory: Path) -> None:
        self.path = directory / LAST_GOOD_FILE

    def keep(self, config: Path) -> None:
        """Copy ``config``, which was found valid. Where that fails the older copy stays."""
        with suppress(OSError, UnicodeDecodeError):
            text = config.read_text(encoding="utf-8")
            if not self.path.exists() or self.path.read_text(encoding="utf-8") != text:
                replace(self.path, text)
