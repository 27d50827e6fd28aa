import io
from collections.abc import Callable

from slurm_energy.errors import ProviderError
from slurm_energy.service.journal import Journal, Priority
from tests.signals.builders import NOON
from tests.signals.test_fetched import HOUR, Desk


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


def test_a_span_that_is_asked_for_is_no_news_but_another_status_is() -> None:
    def turns(journal: Journal) -> None:
        for told in ("17:35Z: HTTP 503", "18:05Z: HTTP 503", "19:05Z: HTTP 401"):
            journal.problems([f"maker: api/2026-11-23T{told}"])

    assert said(turns) == [
        "<4>problem: maker: api/2026-11-23T17:35Z: HTTP 503",
        "<4>problem: maker: api/2026-11-23T19:05Z: HTTP 401",
        "<5>over: maker: api/2026-11-23T18:05Z: HTTP 503",
    ]


def test_a_rejected_answer_is_said_once_however_many_turns_and_again_when_it_comes_back() -> None:
    desk = Desk()

    def turns(journal: Journal) -> None:
        """Nine hours of turns: well, absurd for four hours, away for one, well, absurd."""
        for second in range(0, 9 * HOUR, 30):
            hour = second // HOUR
            desk.maker.value = -40.0 - hour if hour in (1, 2, 3, 4, 8) else 300.0
            desk.maker.failure = ProviderError("maker DE: api: HTTP 503") if hour == 5 else None
            journal.problems(desk.after(NOON + second)[1])

    absurd = "maker DE: now -41.0: -41 gCO2eq/kWh; allowed 0 to 3000; the answer is not used"
    lines = [line.removesuffix("; the last good series stands") for line in said(turns)]
    assert lines[0] == f"<4>problem: {absurd}"
    assert [line.split(": now")[0].split(": api")[0] for line in lines] == [
        "<4>problem: maker DE",
        "<4>problem: maker DE",
        "<5>over: maker DE",
        "<5>over: maker DE",
        "<4>problem: maker DE",
    ]
    assert len(desk.maker.asked) < 9 * 12, "it is not asked every turn"
