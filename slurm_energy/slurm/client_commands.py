"""The source that uses Slurm's commands, for a site where no pyslurm fits."""

import re
from collections.abc import Sequence

from slurm_energy.errors import SlurmUnavailable
from slurm_energy.model.decision import Update
from slurm_energy.model.job import Job
from slurm_energy.slurm import answers
from slurm_energy.slurm.client import Load
from slurm_energy.slurm.commands import Commands

_FACTOR = re.compile(r"\s*(\d+)\s+(-?\d+)\s*")
_COMPLAINT = re.compile(r"(?P<text>.*) for job (?P<id>\d+)(?:[_+]\S+)?")


class CommandSource:
    """Reads and changes one cluster through squeue, sprio, scontrol and sdiag.

    Slurm's JSON costs squeue about a second for each 1,200 jobs, so this fits queues of some
    thousands within the time limit.
    """

    def __init__(self, cluster: str, commands: Commands) -> None:
        self._cluster = cluster
        self._commands = commands

    def jobs(self) -> tuple[Job, ...]:
        """Every record of this cluster's slurmctld; SiteFactor only of those eligible now."""
        answer = self._commands.json(["squeue", "--local", "--all", "--states=all", "--json"])
        factors = self._site_factors()
        return tuple(
            answers.job(self._cluster, record, factors)
            for record in answers.records(answer, "jobs")
        )

    def load(self) -> Load:
        """The nodes, GPUs of the usable ones, and the controller's counters."""
        answer = self._commands.json(["scontrol", "--local", "show", "nodes", "--json"])
        nodes = answers.records(answer, "nodes")
        total, idle = answers.gpus(nodes)
        totals = answers.totals(self._commands.json(["sdiag", "--json"]))
        return Load(total, idle, totals, tuple(answers.node(record) for record in nodes))

    def update(self, updates: Sequence[Update]) -> Sequence[str]:
        """Send them; for each, Slurm's complaint, or empty where it had none."""
        answer = self._commands.run(
            ["scontrol", "--local"], stdin="".join(_line(update) for update in updates)
        )
        complaints = dict(_complaint(line) for line in answer.err.splitlines() if line.strip())
        if answer.code and not complaints:
            raise SlurmUnavailable(f"scontrol: {answer.complaint}")
        return [complaints.get(update.key.job_id, "") for update in updates]

    def requeue(self, job_id: int) -> str:
        """Send a running job back to the queue; Slurm's complaint, or empty."""
        answer = self._commands.run(["scontrol", "--local", "requeue", str(job_id)])
        if not answer.code:
            return ""
        match = _COMPLAINT.fullmatch(answer.complaint)
        return answer.complaint if match is None else match["text"]

    def close(self) -> None:
        """Nothing is held."""

    def _site_factors(self) -> dict[int, int]:
        """By job id; none where the site orders by another plugin, which sprio calls an error."""
        answer = self._commands.run(["sprio", "--local", "-h", "-o", "%i %S"])
        lines = () if answer.code else answer.out.splitlines()
        matches = (_FACTOR.fullmatch(line) for line in lines)
        return {int(match[1]): int(match[2]) for match in matches if match}


def _line(update: Update) -> str:
    words = [f"update jobid={update.key.job_id}"]
    if update.begin is not None:
        words.append(f"starttime=uts{update.begin}")
    if update.site_factor is not None:
        words.append(f"sitefactor={update.site_factor}")
    return " ".join(words) + "\n"


def _complaint(line: str) -> tuple[int, str]:
    """(job id, what scontrol says of it). Raises ``SlurmUnavailable`` where it names no job."""
    match = _COMPLAINT.fullmatch(line.strip())
    if match is None:
        raise SlurmUnavailable(f"scontrol: {line.strip()[:200]}")
    return int(match["id"]), match["text"]
