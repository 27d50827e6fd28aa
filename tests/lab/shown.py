"""What Slurm shows of a job."""

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Shown:
    """One cluster's own record of a job. Times are seconds since the epoch; 0: none."""

    state: str
    reason: str
    eligible: int
    start: int
    end: int
    admin_comment: str
    comment: str
    priority: int
    nodes: str

    @property
    def ran(self) -> bool:
        """Whether it has started here."""
        return self.state in ("RUNNING", "COMPLETING", "COMPLETED")


def shown(record: dict[str, Any]) -> Shown:
    return Shown(
        state=record["job_state"][0],
        reason=record["state_reason"],
        eligible=record["eligible_time"]["number"],
        start=record["start_time"]["number"],
        end=record["end_time"]["number"],
        admin_comment=record["admin_comment"],
        comment=record["comment"],
        priority=record["priority"]["number"],
        nodes=record["nodes"],
    )
