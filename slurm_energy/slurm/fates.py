"""What Slurm's complaint says of what was asked of it."""

from slurm_energy.model.decision import Fate

_GONE = (
    "Invalid job id specified",
    "Job/step already completing or completed",
    "Job is no longer pending execution",
    "Job has already finished",
    "Job is not pending nor running",
)
_NO_ANSWER = (
    "Unable to contact slurm controller",
    "Socket timed out",
    "Zero Bytes were transmitted or received",
    "Communication connection failure",
    "Communication shutdown failure",
    "Message send failure",
    "Message receive failure",
)


def fate(complaint: str) -> Fate:
    """What Slurm's complaint, or its silence, says of an update."""
    if not complaint:
        return Fate.SENT
    if complaint.startswith(_GONE):
        return Fate.GONE
    if any(text in complaint for text in _NO_ANSWER):
        return Fate.UNKNOWN
    return Fate.REFUSED
