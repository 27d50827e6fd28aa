"""The facts about signals that ``doctor`` judges: files as the daemon's user sees them, answers."""

import os
import pwd
import stat
from collections.abc import Iterable, Iterator
from pathlib import Path

from slurm_energy.config.settings import Settings
from slurm_energy.config.sources import FileSource, name_of
from slurm_energy.errors import ProviderRefused, SlurmEnergyError
from slurm_energy.service import client
from slurm_energy.service.doctor_signals import FileFacts, SignalFacts
from slurm_energy.service.trial import see_credentials
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.trial import Candidate
from slurm_energy.wiring_signals import Provided


def gather_signals(settings: Settings, uid: int) -> SignalFacts:
    """What can be found out; ``uid`` is the daemon's user."""
    try:
        answer = client.ask(settings.daemon.socket, "signals")
    except SlurmEnergyError:
        answer = None
    return SignalFacts(
        files=list(_files(settings, uid)),
        configured=_names(Provided(settings).candidates()),
        forecasts=settings.signals.forecast != "off" and settings.signals.replay is None,
        clusters=None if answer is None else {one["cluster"]: one for one in answer["clusters"]},
        sources=[] if answer is None else answer["sources"],
        at=0 if answer is None else answer["at"],
    )


def _names(candidates: Iterable[Candidate]) -> dict[tuple[str, str], list[str]]:
    """By cluster and signal, what its sources are called."""
    found: dict[tuple[str, str], list[str]] = {}
    for one in candidates:
        cluster, signal, _ = one.place.split("/")
        if signal in ("carbon", "price"):
            found.setdefault((cluster, signal), []).append(one.shown)
    return found


def _files(settings: Settings, uid: int) -> Iterator[FileFacts]:
    """Each once, however many sources need it."""
    seen: set[tuple[str, str]] = set()
    for cluster in settings.signals.clusters.values():
        for source in (*cluster.carbon, *cluster.price, *cluster.temperature):
            key = name_of(source)
            if isinstance(source, FileSource):
                found = [(f"{key} file", str(source.path), False)]
            else:
                needed = ((what, getattr(source, what, None)) for what in ("token", "password"))
                found = [(f"{key} {what}", place, True) for what, place in needed if place]
            for name, place, secret in found:
                if (name, place) not in seen:
                    seen.add((name, place))
                    yield _secret(name, place, uid) if secret else _file(name, Path(place), uid)


def _secret(name: str, place: str, uid: int) -> FileFacts:
    see_credentials()
    try:
        path = Secret(place).path()
    except ProviderRefused as error:
        return FileFacts(name, place, str(error))
    if "/" not in place:
        # systemd hands it over readable for the daemon alone; we only see whether it is there.
        return FileFacts(name, str(path), None if path.exists() else "was not handed over")
    found = _file(name, path, uid)
    if found.problem is not None:
        return found
    try:
        Secret(place).read()
    except ProviderRefused as error:
        told = str(error).removeprefix(f"{path}: ")
        return FileFacts(name, str(path), None if "Permission" in told else told)
    return FileFacts(name, str(path), None, bool(path.stat().st_mode & stat.S_IROTH))


def _file(name: str, path: Path, uid: int) -> FileFacts:
    try:
        problem = None if readable(path, uid) else f"can't be read by {_user(uid)}"
    except PermissionError:
        problem = "this account may not look there; run doctor as root"
    except OSError as error:
        problem = error.strerror or str(error)
    return FileFacts(name, str(path), problem)


def readable(path: Path, uid: int) -> bool:
    """Whether ``uid`` may read the file, by its permission bits. Raises ``OSError``."""
    found = path.stat()
    if uid == 0:
        return True
    groups = _groups(uid)
    may = all(_may(parent.stat(), uid, groups, stat.S_IXOTH) for parent in path.parents)
    return _may(found, uid, groups, stat.S_IROTH) and may


def _may(found: os.stat_result, uid: int, groups: frozenset[int], bit: int) -> bool:
    """By the class of bits that counts for ``uid``; ``bit`` is that of others."""
    if found.st_uid == uid:
        return bool(found.st_mode & bit << 6)
    if found.st_gid in groups:
        return bool(found.st_mode & bit << 3)
    return bool(found.st_mode & bit)


def _groups(uid: int) -> frozenset[int]:
    try:
        user = pwd.getpwuid(uid)
    except KeyError:
        return frozenset()
    return frozenset(os.getgrouplist(user.pw_name, user.pw_gid))


def _user(uid: int) -> str:
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"uid {uid}"
