"""What Slurm's accounting remembers: how jobs ended, and what our user may do."""

import re
import secrets
from collections.abc import Iterator, Mapping, Sequence

from slurm_energy.errors import InputError, SlurmUnavailable
from slurm_energy.model.decision import JobEnd
from slurm_energy.model.job import JobKey
from slurm_energy.slurm import annotation, gres, hostlist
from slurm_energy.slurm.commands import Commands

# The last one holds no text of a user's, so that the end of its line ends the record.
_FIELDS = (
    "JobIDRaw",
    "Submit",
    "JobName",
    "User",
    "Account",
    "Partition",
    "State",
    "Eligible",
    "Start",
    "End",
    "TimelimitRaw",
    "ReqTRES",
    "AllocTRES",
    "NodeList",
    "AdminComment",
    "NNodes",
)
_ENDED = "BF,CA,CD,DL,F,NF,OOM,PR,RQ,TO"
_EARLIEST = 1_000_000
"""Slurm takes no earlier time in seconds since the epoch."""
NO_TYPES: Mapping[str, str] = {}
_CPUS = re.compile(r"(?:^|,)cpu=(\d+)")
_ENERGY = re.compile(r"(?:^|,)energy=(\d{1,15})(?:,|$)")
"""Joules; absent, 0 or Slurm's 64-bit mark for "not set" where nobody counted."""


def ended(
    commands: Commands,
    cluster: str,
    since: int,
    known: Mapping[int, str],
    until: int | None = None,
    types: Mapping[str, str] = NO_TYPES,
) -> tuple[JobEnd, ...]:
    """Jobs that ended at or after ``since``, each run of a requeued one, in order of their end.

    Only those before ``until``, where it is given. ``known`` are the federation's
    :func:`origins`; ``types`` are GPU types by node, for jobs whose TRES names none. Raises
    ``SlurmUnavailable``.
    """
    # Unguessable, so that no job name or comment can forge a field.
    mark = f"\x1f{secrets.token_hex(8)}\x1f"
    last = "now" if until is None else f"uts{max(until, _EARLIEST)}"
    period = [f"-Suts{max(since, _EARLIEST)}", f"-E{last}"]
    shape = [f"--delimiter={mark}", f"--format={','.join(_FIELDS)}"]
    text = commands.text(["sacct", "-anPXD", "-M", cluster, "-s", _ENDED, *period, *shape])
    ends = (_end(cluster, record, known, types) for record in _records(text, mark))
    return tuple(
        sorted(
            (end for end in ends if _within(end, since, until)),
            key=lambda end: (end.end or 0, end.key),
        )
    )


def _within(end: JobEnd, since: int, until: int | None) -> bool:
    """Whether it ended in the period: sacct also lists what only touches it."""
    return end.end is not None and since <= end.end and (until is None or end.end < until)


def admin_level(commands: Commands, user: str) -> str:
    """``None``, ``Operator`` or ``Administrator``; empty for a user accounting does not know.

    Raises ``SlurmUnavailable``.
    """
    return commands.text(["sacctmgr", "-nP", "show", "user", user, "format=adminlevel"]).strip()


def _records(text: str, mark: str) -> Iterator[Sequence[str]]:
    fields: list[str] = []
    parts = text.split(mark)
    for index, part in enumerate(parts):
        if len(fields) < len(_FIELDS) - 1:
            fields.append(part)
            continue
        last, _, first = part.partition("\n")
        yield [*fields, last]
        fields = [first] if index < len(parts) - 1 else []
    if len(fields) > 1:
        raise SlurmUnavailable(f"sacct: the record of job {fields[0][:20]!r} is cut off")


def origins(commands: Commands) -> Mapping[int, str]:
    """Clusters by their id in the federation; empty outside one. Raises ``SlurmUnavailable``."""
    argv = ["sacctmgr", "-nP", "show", "federation", "format=cluster,id"]
    pairs = (line.partition("|") for line in commands.text(argv).splitlines())
    return {int(number): name for name, _, number in pairs if name and number.isdecimal()}


def _key(cluster: str, value: Mapping[str, str], known: Mapping[int, str]) -> JobKey:
    """The job's name for ever: its origin, its id and its original submit, as the hook noted it.

    A federated id carries the origin's number in bits 26 to 31 (slurm.conf, federation guide).
    """
    job_id = _whole(value, "JobIDRaw") or 0
    try:
        noted = annotation.parse(value["AdminComment"])
    except InputError:
        noted = None
    submit = (_whole(value, "Submit") or 0) if noted is None else noted.submit
    return JobKey(known.get(job_id >> 26, cluster), job_id, submit)


def _end(
    cluster: str, record: Sequence[str], known: Mapping[int, str], types: Mapping[str, str]
) -> JobEnd:
    value = dict(zip(_FIELDS, record, strict=True))
    tres = value["AllocTRES"] or value["ReqTRES"]
    cpus = _CPUS.search(tres)
    energy = _ENERGY.search(value["AllocTRES"])
    limit = _whole(value, "TimelimitRaw")
    return JobEnd(
        key=_key(cluster, value, known),
        ran_on=cluster,
        name=value["JobName"],
        user=value["User"],
        account=value["Account"],
        partition=value["Partition"],
        state=value["State"].split(" ", 1)[0],
        eligible=_whole(value, "Eligible"),
        start=_whole(value, "Start"),
        end=_whole(value, "End"),
        time_limit=None if limit is None else limit * 60,
        gpus=gres.count(tres),
        cpus=int(cpus[1]) if cpus else 0,
        nodes=_whole(value, "NNodes") or 0,
        admin_comment=value["AdminComment"],
        energy=None if energy is None else int(energy[1]) or None,
        gpu_type=_gpu_type(value, types) if gres.count(value["AllocTRES"]) else "",
    )


def _gpu_type(value: Mapping[str, str], types: Mapping[str, str]) -> str:
    """The type of the GPUs it was given: from its TRES, else its nodes'; empty: several, unknown.

    TRES name types only where AccountingStorageTRES has them (``gres/gpu:h100``).
    """
    named = gres.types(value["AllocTRES"])
    if not named:
        named = {types.get(node, "") for node in hostlist.expand(value["NodeList"])}
    return named.pop() if len(named) == 1 else ""


def _whole(value: Mapping[str, str], name: str) -> int | None:
    """A whole number, or None for ``Unknown``, ``None``, ``UNLIMITED`` and nothing."""
    return int(value[name]) if value[name].isdecimal() else None
