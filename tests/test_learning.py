"""How run times come to be known: news as they come, the past by and by."""

from collections.abc import Sequence
from dataclasses import replace

import pytest

from slurm_energy.decide.durations.runtimes import History
from slurm_energy.errors import LedgerUnavailable, SlurmUnavailable
from slurm_energy.harvest import EVERY, Harvest
from slurm_energy.learning import (
    AGAIN,
    AWAY,
    DAY,
    FAR,
    LATE,
    LEAST_PIECE,
    MOST,
    Lessons,
    Overheard,
    Recall,
    Teacher,
)
from slurm_energy.ledger.waits import WaitsQuestion
from slurm_energy.model.contract import Contract, WorkloadClass
from slurm_energy.model.decision import JobEnd
from slurm_energy.slurm import annotation
from slurm_energy.slurm.annotation import agreed
from tests.builders import HOUR, NOON, make_annotation, make_job
from tests.fakes import FakeClock, FakeCluster
from tests.fakes_ledger import MemoryLedger
from tests.ledger.builders import make_cycle, make_decision, make_end, make_key


class Books:
    """One cluster's accounting, as a test writes it; remembers what was asked."""

    def __init__(self, *ends: JobEnd) -> None:
        self.ends = ends
        self.asked: list[tuple[int, int]] = []
        self.slow = False

    def ended(self, since: int, until: int) -> Sequence[JobEnd]:
        self.asked.append((since, until))
        if self.slow and until - since > LEAST_PIECE:
            raise SlurmUnavailable("sacct gave no answer within 10 s")
        return [end for end in self.ends if since <= (end.end or 0) < until]


class Pupil:
    """Remembers what it was taught."""

    def __init__(self) -> None:
        self.ends: list[JobEnd] = []
        self.contracts: list[Contract | None] = []

    def learn(self, end: JobEnd, contract: Contract | None) -> None:
        self.ends.append(end)
        self.contracts.append(contract)

    @property
    def ids(self) -> list[int]:
        return [end.key.job_id for end in self.ends]


def ended_at(end: int, job_id: int = 100, **changes: str) -> JobEnd:
    return make_end(make_key(job_id), start=end - HOUR, end=end, **changes)


@pytest.fixture
def pupil() -> Pupil:
    return Pupil()


@pytest.fixture
def teacher(pupil: Pupil) -> Teacher:
    return Teacher((pupil.learn,), agreed)


@pytest.fixture
def ledger() -> MemoryLedger:
    return MemoryLedger(FakeClock(), WaitsQuestion())


def turns(recall: Recall, count: int, now: int = NOON, step: int = 30) -> list[str]:
    return [problem for turn in range(count) for problem in recall(now + step * turn)]


def test_an_end_that_accounting_tells_again_and_again_is_taught_once(
    teacher: Teacher, pupil: Pupil
) -> None:
    before, after = ended_at(NOON - 60, 1), ended_at(NOON + 60, 2)
    teacher.begin(NOON)
    teacher.news("east", [before])
    teacher.news("east", [before, after])
    teacher.news("west", [ended_at(NOON + 70, 3)])
    teacher.news("east", [after, ended_at(NOON + 30, 4)])
    assert pupil.ids == [2, 3, 4]


def test_before_the_first_turn_nothing_is_news(teacher: Teacher, pupil: Pupil) -> None:
    teacher.news("east", [ended_at(NOON)])
    assert pupil.ends == []


def test_the_contract_is_read_from_what_the_hook_wrote(teacher: Teacher, pupil: Pupil) -> None:
    noted = make_annotation()
    texts = [annotation.render(noted), "", "slurm-energy:v=9"]
    teacher.past([make_end(admin_comment=text) for text in texts])
    assert pupil.contracts == [noted.contract, None, None]


def test_what_the_ledger_remembers_of_four_weeks_is_taught_at_once_and_only_once(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    days = [ended_at(NOON - HOUR - DAY * day, day) for day in range(40)]
    ledger.record_ends(days)
    books = Books()
    assert turns(Recall({"east": books}, ledger, teacher), 5) == []
    assert pupil.ids == list(range(28))
    assert books.asked == []


def test_of_a_new_ledger_accounting_is_asked_a_day_a_turn_and_the_answer_kept(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    books = Books(*(ended_at(NOON - HOUR - DAY * day, day) for day in range(40)))
    recall = Recall({"east": books}, ledger, teacher)
    turns(recall, 3)
    assert books.asked == [(NOON - DAY * (day + 1), NOON - DAY * day) for day in range(3)]
    turns(recall, 60, NOON + 90)
    assert pupil.ids == list(range(28))
    assert len(books.asked) == FAR // DAY
    assert ledger.first_end("east") == NOON - HOUR - 27 * DAY


def test_a_restart_goes_on_where_the_ledger_ends(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    books = Books(*(ended_at(NOON - HOUR - DAY * day, day) for day in range(28)))
    turns(Recall({"east": books}, ledger, Teacher((Pupil().learn,), agreed)), 10)
    books.asked.clear()
    turns(Recall({"east": books}, ledger, teacher), 40)
    assert pupil.ids == list(range(28))
    assert min(until for _, until in books.asked) == NOON - 27 * DAY
    assert max(until for _, until in books.asked) <= NOON - 9 * DAY


def test_one_turn_teaches_within_bounds(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    full = [
        ended_at(NOON - DAY * day - number, number)
        for day in range(2)
        for number in range(1, MOST + 9)
    ]
    ledger.record_ends([*full, ended_at(NOON - FAR)])
    recall = Recall({"east": Books()}, ledger, teacher)
    recall(NOON)
    assert len(pupil.ends) == MOST
    recall(NOON + 30)
    assert len(pupil.ends) == 2 * MOST


def test_a_piece_that_accounting_cannot_tell_is_halved_and_asked_again_a_minute_later(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    books = Books(ended_at(NOON - HOUR // 2))
    books.slow = True
    recall = Recall({"east": books}, ledger, teacher)
    (problem,) = recall(NOON)
    assert "not recalled yet: sacct gave no answer" in problem
    assert turns(recall, 2, NOON + 1) == []
    assert len(books.asked) == 1
    assert len(turns(recall, 10, NOON + AGAIN, AGAIN)) > 1
    assert pupil.ids == [100]
    assert books.asked[1] == (NOON - DAY // 2, NOON)


def test_who_leads_again_recalls_what_ended_under_another_leader(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    ledger.record_ends([ended_at(NOON - FAR, 1)])
    recall = Recall({"east": Books()}, ledger, teacher)
    turns(recall, 3)
    ledger.record_ends([ended_at(NOON + HOUR, 2)])
    recall(NOON + AWAY + HOUR)
    assert pupil.ids == [1, 2]
    turns(recall, 3, NOON + AWAY + HOUR + 30)
    assert pupil.ids == [1, 2]


def test_what_was_recalled_is_what_is_predicted(ledger: MemoryLedger) -> None:
    history = History()
    ledger.record_ends(ended_at(NOON - HOUR * number, number) for number in range(1, 40))
    turns(Recall({"east": Books()}, ledger, Teacher((history.learn,), agreed)), 40)
    job = make_job(time_limit=24 * HOUR)
    told = history.shapes([job], [WorkloadClass.EVALUATION], 900, 192)
    assert (told.label, told.samples.tolist()) == (["alice's eval"], [39])


def test_what_ran_elsewhere_is_recalled_under_the_name_that_was_decided_on(
    teacher: Teacher, pupil: Pupil, ledger: MemoryLedger
) -> None:
    """Else the harvest's row and this one would be two jobs, each of them taught."""
    decided = make_key(submit=NOON - 2 * HOUR)
    ledger.record(make_cycle(), [make_decision(decided)], [])
    end = make_end(decided, ran_on="west", start=NOON - HOUR, end=NOON - 60)
    ledger.record_ends([end])
    books = Books(replace(end, key=decided._replace(submit=decided.submit + 2)))
    turns(Recall({"west": books}, ledger, teacher), 40)
    assert books.asked
    assert [key for key, _ in ledger.ends] == [decided]
    assert len(pupil.ends) == 1


class West(FakeCluster):
    """A cluster whose accounting a test writes."""

    def __init__(self) -> None:
        super().__init__("west")
        self.ends: list[JobEnd] = []

    def ended(self, since: int, until: int | None = None) -> tuple[JobEnd, ...]:
        last = NOON + FAR if until is None else until
        return tuple(end for end in self.ends if since <= (end.end or 0) < last)


def lessons(west: West, ledger: MemoryLedger, pupil: Pupil) -> Lessons:
    """One daemon's; two of them share accounting and ledger."""
    teacher = Teacher((pupil.learn,), agreed)
    clusters = {"west": west}
    return Lessons(
        Harvest(clusters, ledger, teacher.news),
        Recall(clusters, ledger, teacher),
        Overheard(clusters, ledger, teacher),
    )


def ended_in_west(end: int, job_id: int) -> JobEnd:
    return make_end(make_key(job_id, "west"), ran_on="west", start=end - HOUR, end=end)


def test_who_follows_is_taught_each_end_once_and_goes_on_as_leader(ledger: MemoryLedger) -> None:
    west, one, other = West(), Pupil(), Pupil()
    west.ends = [ended_in_west(NOON - DAY * day - HOUR, day) for day in range(30)]
    leader, follower = lessons(west, ledger, one), lessons(west, ledger, other)
    for turn in range(80):
        now = NOON + 30 * turn
        west.ends.append(ended_in_west(now - 5, 1000 + turn))
        assert leader(now, leading=True) == []
        assert follower(now, leading=False) == []
    now = NOON + 30 * 80 + LATE
    assert follower(now, leading=True) == []
    for pupil in (one, other):
        assert len(set(pupil.ids)) == len(pupil.ids)
    assert sorted(other.ids) == [*range(28), *range(1000, 1080)]
    assert set(one.ids) <= set(other.ids)


def test_a_follower_recalls_as_far_as_the_leader_got_and_asks_no_accounting(
    ledger: MemoryLedger,
) -> None:
    west, pupil = West(), Pupil()
    west.ends = [ended_in_west(NOON - DAY * day - HOUR, day) for day in range(30)]
    follower = lessons(west, ledger, pupil)
    assert follower(NOON, leading=False) == []
    assert pupil.ids == []
    ledger.record_ends(west.ends[:3])
    follower(NOON + 30, leading=False)
    assert pupil.ids == [0, 1, 2]
    for turn in range(2, 60):
        follower(NOON + 30 * turn, leading=True)
    assert pupil.ids == list(range(28))


class LostLedger(MemoryLedger):
    """A ledger whose database is away."""

    def first_end(self, cluster: str) -> int | None:
        raise LedgerUnavailable(f"nothing is known of {cluster}: the database is away")

    last_end = first_end


def test_without_the_ledger_a_follower_says_so_once_a_minute() -> None:
    follower = lessons(West(), LostLedger(FakeClock(), WaitsQuestion()), Pupil())
    problems = [follower(NOON + second, leading=False) for second in (0, 3, EVERY)]
    assert [len(found) for found in problems] == [2, 0, 2]
