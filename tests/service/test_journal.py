import io
from collections.abc import Callable

from slurm_energy.service.journal import Journal, Priority


def said(journal_calls: Callable[[Journal], None]) -> list[str]:
    stream = io.StringIO()
    journal_calls(Journal(stream, prefixes=True))
    return stream.getvalue().splitlines()


def test_every_line_carries_its_priority() -> None:
    assert said(lambda journal: journal.say(Priority.INFO, "one\ntwo")) == ["<6>one", "<6>two"]


def test_a_person_at_a_terminal_sees_no_prefix() -> None:
    stream = io.StringIO()
    Journal(stream, prefixes=False).say(Priority.ERROR, "one")
    assert stream.getvalue() == "one\n"


def test_a_problem_is_said_when_it_comes_and_when_it_goes() -> None:
    def turns(journal: Journal) -> None:
        journal.problems(["carbon is stale: 301 s old"])
        journal.problems(["carbon is stale: 331 s old"])
        journal.problems([])
        journal.problems([])

    assert said(turns) == [
        "<4>problem: carbon is stale: 301 s old",
        "<5>over: carbon is stale: 331 s old",
    ]


def test_jobs_are_told_apart_by_their_number() -> None:
    def turns(journal: Journal) -> None:
        journal.problems(["job 12: damaged"])
        journal.problems(["job 12: damaged", "job 13: damaged"])

    assert said(turns) == ["<4>problem: job 12: damaged", "<4>problem: job 13: damaged"]


def test_a_turn_that_keeps_failing_is_explained_once() -> None:
    def turns(journal: Journal) -> None:
        for _ in range(3):
            try:
                int("no such thing")
            except ValueError as error:
                journal.failed(error)
        journal.problems([])

    lines = said(turns)
    assert sum("Traceback" in line for line in lines) == 1
    assert lines[-2].startswith("<4>problem: the turn failed")
    assert lines[-1].startswith("<5>over: the turn failed")
