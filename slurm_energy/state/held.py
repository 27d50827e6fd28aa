"""What we wrote into jobs, in a file that needs neither daemon nor database to be read."""

import json
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from slurm_energy.errors import LedgerError
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from slurm_energy.ports import HeldStore
from slurm_energy.state.files import replace

VERSION = 3
_BEFORE_STOPS = 2
"""Rows of that version end before ``done``; an upgrade must not forget what is ours."""
HELD_FILE = "held.json"


class HeldFile:
    """A :class:`~slurm_energy.ports.HeldStore` in one small JSON file."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / HELD_FILE

    def load(self) -> Mapping[JobKey, Held]:
        """What was saved last; empty when nothing was.

        Raises ``LedgerError`` once for a damaged file, which is put aside: from then on nothing
        is known, and fields that don't hold the user's own value are left to people.
        """
        try:
            return _parsed(self._path.read_text(encoding="utf-8"))
        except FileNotFoundError:
            return {}
        except OSError as error:
            raise LedgerError(
                f"{self._path} can't be read ({error}); mend its permissions"
            ) from error
        except (ValueError, KeyError, TypeError) as error:
            raise LedgerError(self._put_aside(error)) from error

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Durable when this returns. Raises ``LedgerError``, and then nothing may be sent."""
        rows = [_row(key, value) for key, value in sorted(held.items())]
        text = json.dumps({"version": VERSION, "jobs": rows}, separators=(",", ":"))
        try:
            replace(self._path, text)
        except OSError as error:
            raise LedgerError(
                f"{self._path} can't be written ({error}); make room or mend its permissions"
            ) from error

    def _put_aside(self, error: Exception) -> str:
        aside = self._path.with_suffix(".damaged")
        try:
            self._path.replace(aside)
        except OSError as refused:
            return f"{self._path} is damaged ({error}) and stays ({refused}); remove it"
        return f"{self._path} was damaged ({error}) and is now {aside}; we go on without it"


class ShownHeld:
    """What the daemon wrote, for somebody who may only look: a user who takes back his own job.

    Nothing is noted: the daemon then finds what a person wrote, and leaves the job to him.
    """

    def __init__(self, file: HeldFile) -> None:
        self._file = file

    def load(self) -> Mapping[JobKey, Held]:
        """What the daemon saved last. Raises ``LedgerError``."""
        return self._file.load()

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Nothing: it is not ours to write."""


class BothHeld:
    """A :class:`~slurm_energy.ports.HeldStore` with a local copy, for when the first is away.

    ``first`` is shared by the daemons of all hosts; ``copy`` lets ``release --all`` work without
    daemon and database. A follower loads every turn, so its copy is no older than one.
    """

    def __init__(self, first: HeldStore, copy: HeldFile) -> None:
        self._first = first
        self._copy = copy
        self._copied: Mapping[JobKey, Held] | None = None

    def load(self) -> Mapping[JobKey, Held]:
        """What the first store holds. Raises ``LedgerError``."""
        held = self._first.load()
        self._keep(held)
        return held

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Durable in both when this returns. Raises ``LedgerError``."""
        self._first.save(held)
        self._keep(held)

    def _keep(self, held: Mapping[JobKey, Held]) -> None:
        if held != self._copied:
            self._copy.save(held)
            self._copied = dict(held)


class ReachableHeld:
    """A :class:`~slurm_energy.ports.HeldStore` for who must work without the database as well.

    While ``first`` answers it is read and written, so that daemons know what was done; the local
    copy always is written, and stands in for it.
    """

    def __init__(self, first: HeldStore, copy: HeldFile) -> None:
        self._first = first
        self._copy = copy

    def load(self) -> Mapping[JobKey, Held]:
        """What the first store holds, else the local copy. Raises ``LedgerError``."""
        try:
            return self._first.load()
        except LedgerError:
            return self._copy.load()

    def save(self, held: Mapping[JobKey, Held]) -> None:
        """Durable in the local copy when this returns. Raises ``LedgerError``."""
        self._copy.save(held)
        with suppress(LedgerError):
            self._first.save(held)


def _row(key: JobKey, held: Held) -> list[Any]:
    fields = (held.begin, held.begin_sent, held.site_factor, held.site_factor_sent)
    stops = (held.done, held.stops, held.stopping, held.warned)
    return [*key, *fields, held.restarts, held.theirs, held.age_since, held.floor, *stops]


def _parsed(text: str) -> dict[JobKey, Held]:
    content = json.loads(text)
    if content["version"] not in (_BEFORE_STOPS, VERSION):
        raise ValueError(f"version {content['version']!r} is not {VERSION}")
    return dict(_read(row) for row in content["jobs"])


def _read(row: list[Any]) -> tuple[JobKey, Held]:
    cluster, job_id, submit, begin, begin_sent, factor, factor_sent, *rest = row
    restarts, theirs, age_since, floor, *stops = rest
    if len(stops) not in (0, 4):
        raise ValueError(f"row {row!r} is malformed")
    _expect(row, (cluster,), str)
    _expect(row, (job_id, submit, factor, restarts, floor, *stops), int)
    _expect(row, (begin, begin_sent, factor_sent, age_since), int | None)
    _expect(row, (theirs,), bool)
    held = Held(begin, begin_sent, factor, factor_sent, restarts, theirs, age_since, floor, *stops)
    return JobKey(cluster, job_id, submit), held


def _expect(row: list[Any], values: tuple[Any, ...], kind: Any) -> None:
    if not all(isinstance(value, kind) for value in values):
        raise ValueError(f"row {row!r} is malformed")
