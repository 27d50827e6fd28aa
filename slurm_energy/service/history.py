"""``signals import``: measured values from a file into the ledger, all or nothing."""

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from slurm_energy.config.load import load
from slurm_energy.config.settings import Settings
from slurm_energy.config.sources import KINDS
from slurm_energy.errors import InputError
from slurm_energy.model.history import Measured, Step, Topic
from slurm_energy.model.series import Kind, Signal
from slurm_energy.signals.pastfile import PastFile, past_file
from slurm_energy.signals.table import Layout
from slurm_energy.wiring import signal_history

PIECE = 2_000
"""Values of one statement; all are one transaction."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is to be imported as what."""

    file: Path
    cluster: str
    signal: Signal
    kind: str | None
    """None: as the cluster's sources are counted, else average."""
    layout: Layout


@dataclass(frozen=True, slots=True)
class Imported:
    """What came of it."""

    topic: Topic
    faults: Sequence[str] = ()
    """By line; with any of them nothing was written."""
    first: int | None = None
    until: int | None = None
    values: int = 0
    """Values of the file that are history."""
    new: int = 0
    """Those that the ledger did not have."""
    gaps: int = 0
    ahead: int = 0
    """Left out: of the time after the file was written."""
    old: int = 0
    """Left out: older than the ledger keeps rows."""


def import_history(
    config: Path, wanted: Wanted, progress: Callable[[float], None] | None
) -> Imported:
    """Read the file and write what is new in one transaction; ``progress`` is told the share done.

    Raises ``InputError``, ``NotPermitted``, ``LedgerError``; nothing is written then.
    """
    settings = load(config)
    topic = Topic(wanted.cluster, wanted.signal, _kind(settings, wanted))
    found = past_file(wanted.file, wanted.signal, wanted.layout)
    if found.faults:
        return Imported(topic, found.faults)
    now = int(time.time())
    measured = [step for step in found.steps if step.until <= min(found.issued, now)]
    kept = [step for step in measured if step.time >= now - settings.ledger.retention]
    with signal_history(settings) as history:
        new = history.load(_pieces(topic, found, kept, progress))
    return Imported(
        topic=topic,
        first=kept[0].time if kept else None,
        until=kept[-1].until if kept else None,
        values=len(kept),
        new=new,
        gaps=found.gaps,
        ahead=len(found.steps) - len(measured),
        old=len(measured) - len(kept),
    )


def _kind(settings: Settings, wanted: Wanted) -> Kind | None:
    """How the history is counted. Raises ``InputError`` for a cluster or kind that can't be."""
    known = settings.signals.clusters
    if wanted.cluster not in {*known, *settings.site.clusters}:
        allowed = ", ".join(sorted({*known, *settings.site.clusters})) or "none yet"
        raise InputError(f"cluster {wanted.cluster!r} is not configured; configured: {allowed}")
    if wanted.signal is not Signal.CARBON:
        if wanted.kind is not None:
            raise InputError(f"kind {wanted.kind}: a price has no kind; leave it out")
        return None
    sources = known[wanted.cluster].carbon if wanted.cluster in known else ()
    return KINDS[wanted.kind or (sources[0].kind if sources else "average")]


def _pieces(
    topic: Topic, found: PastFile, steps: Sequence[Step], progress: Callable[[float], None] | None
) -> Iterator[Measured]:
    for first in range(0, len(steps), PIECE):
        yield Measured(topic, found.source, found.issued, steps[first : first + PIECE])
        if progress is not None:
            progress(min(1.0, (first + PIECE) / len(steps)))
