"""What really happened, from Slurm's accounting and from the ledger."""

from collections.abc import Iterator

from demo.balance import Run
from lab.host import Host
from lab.laboratory import Lab
from slurm_energy.slurm import annotation

FIELDS = ("JobIDRaw", "Cluster", "State", "Submit", "Start", "End", "AllocTRES", "AdminComment")
ENDED = ("COMPLETED", "FAILED", "TIMEOUT", "CANCELLED", "DEADLINE", "NODE_FAIL")
DEFERRED = "SELECT DISTINCT job_id FROM slurm_energy.decision WHERE action = 'defer'"


def runs(lab: Lab, since: int) -> list[Run]:
    """Every job that ended since then, on either cluster."""
    east = lab.host("east")
    deferred = _deferred(east)
    argv = ["sacct", "-anPX", "-M", "east,west", f"-Suts{since}", "-Enow"]
    text = east.run([*argv, f"--format={','.join(FIELDS)}"], env={"SLURM_TIME_FORMAT": "%s"}).stdout
    return list(_runs(text, deferred))


def _runs(text: str, deferred: frozenset[int]) -> Iterator[Run]:
    for line in text.splitlines():
        job_id, cluster, state, submit, start, end, tres, comment = line.split("|", len(FIELDS) - 1)
        if state.split(" ")[0] not in ENDED or not (start.isdecimal() and end.isdecimal()):
            continue
        agreed = annotation.parse(comment) if comment else None
        yield Run(
            job_id=int(job_id),
            workload_class=agreed.contract.workload_class.value if agreed else "untagged",
            cluster=cluster,
            gpus=_gpus(tres),
            submit=int(submit),
            start=int(start),
            end=int(end),
            state=state,
            deadline=agreed.contract.deadline if agreed else None,
            deferred=int(job_id) in deferred,
        )


def _gpus(tres: str) -> int:
    named = dict(part.split("=", 1) for part in tres.split(",") if "=" in part)
    return int(named.get("gres/gpu", 0))


def _deferred(east: Host) -> frozenset[int]:
    """Jobs that a recorded decision put off, asked of the ledger as its administrator."""
    argv = ["psql", "-XAtq", "-d", "slurm_energy", "-c", DEFERRED]
    return frozenset(int(line) for line in east.run(argv, user="postgres").stdout.split())
