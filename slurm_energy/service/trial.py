"""``signals test``: the configured sources asked once, without a daemon."""

import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from slurm_energy.config.load import load
from slurm_energy.errors import InputError
from slurm_energy.signals.trial import Candidate, Trial
from slurm_energy.wiring_signals import Provided

CREDENTIALS = Path("/run/credentials/slurm-energyd.service")
"""What systemd handed to the daemon, while it runs; readable for root."""


def trials(config: Path, wanted: str | None, now: int) -> Iterator[tuple[str, Trial]]:
    """Each source that ``wanted`` names with what it told at ``now``, one after the other.

    ``wanted``: a place such as ``east/carbon/1`` or its beginning, a key or a provider's name;
    None: all. Raises ``ConfigError``, and ``InputError`` where nothing is named so.
    """
    chosen = _chosen(Provided(load(config)).candidates(), wanted)
    see_credentials()
    return ((one.place, one.ask(now)) for one in chosen)


def see_credentials() -> None:
    """Look for secrets where systemd put the daemon's, unless some were handed to us."""
    if "CREDENTIALS_DIRECTORY" not in os.environ and CREDENTIALS.is_dir():
        os.environ["CREDENTIALS_DIRECTORY"] = str(CREDENTIALS)


def _chosen(candidates: Sequence[Candidate], wanted: str | None) -> Sequence[Candidate]:
    if not candidates:
        raise InputError("no signal is configured; name sources in [signals.clusters.CLUSTER]")
    if wanted is None:
        return candidates
    chosen = [one for one in candidates if _is(one, wanted)]
    if not chosen:
        known = ", ".join(f"{one.place} ({one.name})" for one in candidates)
        raise InputError(f"{wanted!r} names no source; configured: {known}")
    return chosen


def _is(one: Candidate, wanted: str) -> bool:
    name = wanted.casefold()
    names = (one.key, one.key.replace("_", "-"), one.name)
    return f"{one.place}/".casefold().startswith(f"{name}/") or name in map(str.casefold, names)
