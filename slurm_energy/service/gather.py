"""The facts that ``doctor`` judges, gathered from Slurm, files, the daemon and the database."""

import os
import pwd
import re
import time
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime
from importlib import metadata
from pathlib import Path
from typing import Any

from slurm_energy.config.calendar import CalendarSettings
from slurm_energy.config.load import load
from slurm_energy.config.settings import Client, Settings
from slurm_energy.errors import InputError, SlurmEnergyError, SlurmError
from slurm_energy.ledger.database import connect
from slurm_energy.ledger.server import Server
from slurm_energy.model.policy import Policy
from slurm_energy.service import client, hookscript
from slurm_energy.service.doctor import ClusterFacts, Facts
from slurm_energy.service.gather_signals import gather_signals
from slurm_energy.service.installation import no_cluster_here, rules_text
from slurm_energy.signals.bearer import Bearer
from slurm_energy.slurm import siteconfig, versions
from slurm_energy.slurm.accounting import admin_level
from slurm_energy.slurm.commands import Commands
from slurm_energy.slurm.localcluster import SLURM_CONF, cluster_name
from slurm_energy.slurm.tables import parse_now

_AS_OF = re.compile(r"Configuration data as of (\d+)")
_SLURM_USER = re.compile(r"^SlurmUser\s*=\s*\S+?\((\d+)\)", re.MULTILINE)
_READS = re.compile(r"^SLURM_CONF\s*=\s*(/\S+)", re.MULTILINE)
_LOCAL_LIMIT = 5.0

Status = Mapping[str, Any]


def gather(config: Path) -> Facts:
    """Everything that can be found out from here and now. Raises ``ConfigError`` only."""
    settings = load(config)
    local = settings.daemon.cluster or cluster_name(SLURM_CONF)
    limit = float(settings.slurm.timeout)
    status, daemon_problem = _status(settings.daemon.socket)
    owner, user = _daemon_user(settings.daemon.state_directory)
    texts = {
        name: _config_text(Commands(_conf(settings, name), limit))
        for name in tuple(settings.site.clusters) or (local,)
    }
    slurm_uid = _slurm_uid(texts.get(local, ""))
    version, client_problem = _client(settings, Commands(_conf(settings, local), _LOCAL_LIMIT))
    age, expired = _table(settings.daemon.state_directory / "now.table", int(time.time()))
    return Facts(
        mode=settings.site.mode.value if status is None else str(status["mode"]),
        local=local,
        daemon_user=user,
        privileged=owner in (0, slurm_uid),
        daemon_problem=daemon_problem,
        clusters=[
            _cluster(name, text, Commands(_conf(settings, name), limit), user, status)
            for name, text in texts.items()
        ],
        client_problem=client_problem,
        slurm_version=version,
        script_problem=hookscript.problem(_slurm_conf(texts.get(local, ""))),
        rules_problem=_rules(settings, slurm_uid),
        table_age=age,
        table_expired=expired,
        database_problem=_database(settings, status, knows=os.geteuid() in (0, owner)),
        pending_share=Policy().pending_share,
        webhook=settings.power.webhook_token is not None,
        webhook_problem=_webhook_problem(settings.power.webhook_token, status),
        webhook_exposed=_exposed(settings.power.webhook_token),
        stale_calendars=_stale(settings.calendars, datetime.now(UTC).date()),
        signals=gather_signals(settings, owner),
        no_cluster_here=no_cluster_here(settings),
    )


def _webhook_problem(place: str | None, status: Status | None) -> str | None:
    """What keeps the daemon from its token, in its own words: what we can read, it may not."""
    if place is None or status is None:
        return None
    found = status.get("webhook")
    if found is None:
        return "the daemon runs with an older configuration; systemctl reload slurm-energyd"
    return str(found["problem"]) if found["problem"] else None


def _exposed(place: str | None) -> str | None:
    return None if place is None else Bearer(place).exposed()


def _stale(calendars: Mapping[str, CalendarSettings], today: date) -> Mapping[str, str]:
    """The last holiday of each calendar that lists some, and none to come."""
    last = {name: max(found.holidays) for name, found in calendars.items() if found.holidays}
    return {name: day.isoformat() for name, day in last.items() if day < today}


def _conf(settings: Settings, name: str) -> str | None:
    path = settings.slurm.conf.get(name)
    return None if path is None else str(path)


def _status(socket: Path) -> tuple[Status | None, str | None]:
    try:
        return client.ask(socket, "status"), None
    except SlurmEnergyError as error:
        return None, str(error)


def _daemon_user(state: Path) -> tuple[int, str]:
    """Whose the state directory is; ours where there is none yet."""
    try:
        uid = state.stat().st_uid
    except OSError:
        uid = os.geteuid()
    try:
        return uid, pwd.getpwuid(uid).pw_name
    except KeyError:
        return uid, str(uid)


def _config_text(commands: Commands) -> str | SlurmError:
    try:
        return commands.text(["scontrol", "--local", "show", "config"])
    except SlurmError as error:
        return error


def _slurm_uid(text: str | SlurmError) -> int | None:
    found = _SLURM_USER.search(text) if isinstance(text, str) else None
    return None if found is None else int(found[1])


def _cluster(
    name: str, text: str | SlurmError, commands: Commands, user: str, status: Status | None
) -> ClusterFacts:
    try:
        if isinstance(text, SlurmError):
            raise text
        config = siteconfig.parse(text)
    except SlurmError as error:
        return ClusterFacts(name, problem=str(error))
    as_of = _AS_OF.search(text)
    facts = ClusterFacts(
        cluster=name,
        version=config.version,
        priority_type=config.priority_type,
        priority_calc_period=config.priority_calc_period,
        site_factor_plugin=config.site_factor_plugin,
        job_submit_plugins=config.job_submit_plugins,
        clock_offset=None if as_of is None else int(as_of[1]) - int(time.time()),
        admin_level=_level(commands, user),
        max_job_count=config.max_job_count,
    )
    shown = () if status is None else status["clusters"]
    counts = [one["job_count"] for one in shown if one["cluster"] == name]
    return replace(facts, job_count=counts[0] if counts else None)


def _level(commands: Commands, user: str) -> str | None:
    try:
        return admin_level(commands, user)
    except SlurmError:
        return None


def _client(settings: Settings, commands: Commands) -> tuple[str | None, str | None]:
    try:
        version = versions.installed(commands)
        if settings.slurm.client is Client.PYSLURM:
            versions.check_pyslurm(version, metadata.version("pyslurm"))
    except metadata.PackageNotFoundError:
        return str(version), "pyslurm is not installed"
    except SlurmError as error:
        return None, str(error)
    return str(version), None


def _slurm_conf(text: str | SlurmError) -> Path:
    """The slurm.conf that slurmctld itself reads: it looks for the hook beside that one."""
    found = _READS.search(text) if isinstance(text, str) else None
    return SLURM_CONF if found is None else Path(found[1])


def _rules(settings: Settings, slurm_uid: int | None) -> str | None:
    path = settings.daemon.rules_table
    try:
        text = path.read_text(encoding="ascii")
        if text != rules_text(settings):
            return f"{path} is not what the configuration says"
    except OSError as error:
        return f"{path} can't be read: {error.strerror}"
    except (UnicodeDecodeError, InputError) as error:
        return f"{path} can't be used: {error}"
    if slurm_uid and not _readable(path, slurm_uid):
        return f"{path} can't be read by slurmctld's user (uid {slurm_uid})"
    return None


def _readable(path: Path, uid: int) -> bool:
    """Whether ``uid`` may read the file, as its owner or as anybody."""
    found = path.stat()
    bits = (0o400 if found.st_uid == uid else 0) | 0o004
    reachable = all(
        parent.stat().st_mode & (0o100 if parent.stat().st_uid == uid else 0o001)
        for parent in path.parents
    )
    return bool(found.st_mode & bits) and reachable


def _table(path: Path, now: int) -> tuple[int | None, bool]:
    try:
        table = parse_now(path.read_text(encoding="ascii"))
    except (OSError, UnicodeDecodeError, InputError):
        return None, True
    return now - table.issued, now >= table.expires


def _database(settings: Settings, status: Status | None, *, knows: bool) -> str | None:
    """An embedded database runs with the daemon, which knows best; another one is asked.

    Not by somebody who doesn't know its password: he hears what the daemon says of it.
    """
    if settings.ledger.url is None or not knows:
        if status is None:
            return "the daemon does not answer, and would know"
        return None if not status["backlog"] else f"{status['backlog']} rows wait for it"
    try:
        connect(Server(settings.ledger.url, settings.ledger.password_file).address()).close()
    except SlurmEnergyError as error:
        return str(error)
    return None
