"""Numbers as squeue shows them: of a job, of one task, of several."""

import click
import pytest

from slurm_energy.cli.jobid import job_or_task

CONTEXT, PARAMETER = click.Context(click.Command("explain")), click.Argument(["job"])


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ("98", (98, None)),
        ("98_4", (98, 4)),
        ("98_0", (98, 0)),
        ("98_[0-3]", (98, None)),
        ("98_[4-9%2]", (98, None)),
        ("98+1", (98, None)),
    ],
)
def test_one_task_is_told_from_the_whole(said: str, found: tuple[int, int | None]) -> None:
    assert job_or_task(CONTEXT, PARAMETER, said) == found


def test_what_is_no_number_ends_in_one_line() -> None:
    with pytest.raises(click.BadParameter, match="is no job id"):
        job_or_task(CONTEXT, PARAMETER, "_4")
