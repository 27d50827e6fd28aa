"""The mark that everything was given back, and the lead that respects it."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from slurm_energy.errors import NotPermitted, SlurmEnergyError
from slurm_energy.ports import Lead
from slurm_energy.state.files import remove, replace

RELEASED_FILE = "released"


@contextmanager
def _translated(path: Path) -> Iterator[None]:
    try:
        yield
    except PermissionError as error:
        raise NotPermitted(f"{path} may be changed by root and the daemon's user only") from error
    except OSError as error:
        raise SlurmEnergyError(f"{path} can't be changed: {error.strerror}") from error


class Released:
    """The mark that everything was given back: while it exists the mode is off."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / RELEASED_FILE

    def reason(self) -> str | None:
        """Why everything was released, or None while we may act. An unreadable mark counts."""
        try:
            return self._path.read_text(encoding="utf-8").strip() or "no reason given"
        except FileNotFoundError:
            return None
        except (OSError, UnicodeDecodeError) as error:
            return f"the mark can't be read: {error}"

    def mark(self, reason: str) -> None:
        """Mode off until :meth:`clear`. Raises ``NotPermitted``, else ``SlurmEnergyError``."""
        with _translated(self._path):
            replace(self._path, f"{' '.join(reason.split())}\n")

    def clear(self) -> None:
        """The configured mode holds again. Raises ``NotPermitted``, else ``SlurmEnergyError``."""
        with _translated(self._path):
            remove(self._path)


class UnlessReleased:
    """A :class:`~slurm_energy.ports.Lead` that is given up as soon as everything is released.

    The cycle asks ``holding`` between deciding and applying, so ``release --all`` takes effect
    within a turn that is already running.
    """

    def __init__(self, lead: Lead, released: Released) -> None:
        self._lead = lead
        self._released = released

    def acquire(self) -> bool:
        """Whether we lead from now on."""
        return self._released.reason() is None and self._lead.acquire()

    def holding(self) -> bool:
        """Whether we still lead and may act."""
        return self._released.reason() is None and self._lead.holding()

    def release(self) -> None:
        """Let another lead."""
        self._lead.release()
