"""The words of a refusal, the same as in etc/job_submit.lua."""

from collections.abc import Sequence

from slurm_energy.errors import TagError


def any_of(names: Sequence[str]) -> str:
    """The permitted values as a user reads them."""
    return " or ".join(names) if names else "none: ask your administrator"


def example(key: str, names: Sequence[str]) -> str:
    """An example tag with the first permitted value, or nothing."""
    return f", e.g. energy:{key}={names[0]}" if names else ""


def refuse(line: str) -> TagError:
    """The error that refuses a job with this line."""
    return TagError(f"slurm-energy: {line}")
