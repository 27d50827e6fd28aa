"""The signal a job asked for, read where Slurm still shows it."""

import pytest

from slurm_energy.slurm.usersignal import UserSignal, asked

SCRIPT = "#!/bin/bash\n#SBATCH --time=5\n\n#SBATCH --signal=B:USR1@120\necho hello\n"


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("B:USR1@120", UserSignal("USR1", 120, batch=True)),
        ("USR1@120", UserSignal("USR1", 120, batch=False)),
        ("R:SIGUSR2@5", UserSignal("USR2", 5, batch=False)),
        ("BR:10", UserSignal("10", 60, batch=True)),
        ("usr1", UserSignal("USR1", 60, batch=False)),
        ("RTMIN+3@9", UserSignal("RTMIN+3", 9, batch=False)),
        ("KILL@60", None),
        ("B:9@60", None),
        ("", None),
        ("USR1@soon", None),
        ("USR1;rm -rf /", None),
    ],
)
def test_its_forms(value: str, expected: UserSignal | None) -> None:
    assert asked(f"sbatch '--signal={value}' a.sh", "/home/alice/a.sh", "") == expected


def test_the_script_states_it_before_its_first_command() -> None:
    assert asked("sbatch a.sh", "/home/alice/a.sh", SCRIPT) == UserSignal("USR1", 120, batch=True)
    later = "#!/bin/bash\necho hello\n#SBATCH --signal=B:USR1@120\n"
    assert asked("sbatch a.sh", "/home/alice/a.sh", later) is None


def test_a_remark_in_the_script_is_none_of_it() -> None:
    script = "#!/bin/bash\n#SBATCH --time=5 # not --signal=USR1\n# --signal=USR1\n"
    assert asked("sbatch a.sh", "", script) is None


def test_the_command_line_wins() -> None:
    line = "sbatch --signal USR2@7 a.sh"
    assert asked(line, "/home/alice/a.sh", SCRIPT) == UserSignal("USR2", 7, batch=False)


def test_what_follows_the_script_is_the_scripts_own_business() -> None:
    assert asked("sbatch --time=5 ./a.sh --signal=USR1", "/home/alice/a.sh", "") is None


def test_the_last_of_two_counts() -> None:
    line = "sbatch --signal=USR1@5 --signal=USR2@6 a.sh"
    assert asked(line, "/home/alice/a.sh", "") == UserSignal("USR2", 6, batch=False)


def test_a_job_that_asked_for_nothing_is_told_nothing() -> None:
    assert asked("sbatch --wrap 'echo \"hi'", "", "#!/bin/sh\necho hi\n") is None
