"""The grid events that were posted to us, kept over restarts."""

import json
import os
from collections.abc import Sequence
from dataclasses import astuple
from pathlib import Path
from typing import Any

from slurm_energy.errors import LedgerError
from slurm_energy.model.power import GridEvent, Origin, PostedEvent
from slurm_energy.state.files import replace

POSTED_FILE = "grid-events.json"
VERSION = 1


class PostedFile:
    """A :class:`~slurm_energy.ports.PostedStore` in one small file, parsed when it changed."""

    def __init__(self, directory: Path) -> None:
        self._path = directory / POSTED_FILE
        self._read: tuple[tuple[int, int, int], tuple[PostedEvent, ...]] | None = None

    def load(self) -> Sequence[PostedEvent]:
        """As saved last; empty when nothing was. Raises ``LedgerError``."""
        try:
            with self._path.open(encoding="utf-8") as file:
                status = os.fstat(file.fileno())
                version = (status.st_ino, status.st_size, status.st_mtime_ns)
                if self._read is None or self._read[0] != version:
                    self._read = version, _parsed(file.read())
        except FileNotFoundError:
            return ()
        except OSError as error:
            told = f"{self._path} can't be read: {error.strerror}"
            raise LedgerError(f"{told}; mend its permissions") from error
        except (ValueError, TypeError, KeyError, AttributeError) as error:
            told = f"{self._path} is damaged ({error})"
            raise LedgerError(f"{told}; remove it and post the events again") from error
        return self._read[1]

    def save(self, posted: Sequence[PostedEvent]) -> None:
        """Durable when this returns. Raises ``LedgerError``."""
        rows = [[one.name, one.cluster, *astuple(one.event)] for one in posted]
        try:
            replace(self._path, json.dumps({"version": VERSION, "events": rows}) + "\n")
        except OSError as error:
            told = f"{self._path} can't be written: {error.strerror}"
            raise LedgerError(f"{told}; make room or mend its permissions") from error


def _parsed(text: str) -> tuple[PostedEvent, ...]:
    content = json.loads(text)
    if content["version"] != VERSION:
        raise ValueError(f"version {content['version']!r} is not {VERSION}")
    return tuple(_posted(*row) for row in content["events"])


def _posted(name: Any, cluster: Any, start: Any, end: Any, watts: Any, *told: Any) -> PostedEvent:
    reason, origin, holds = told
    event = GridEvent(int(start), int(end), float(watts), str(reason), Origin(origin), bool(holds))
    return PostedEvent(str(name), str(cluster), event)
