from collections.abc import Mapping
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.errors import LedgerError, LedgerUnavailable
from slurm_energy.model.held import Held
from slurm_energy.model.job import JobKey
from slurm_energy.state.held import BothHeld, HeldFile, ReachableHeld, ShownHeld
from tests.worlds import KeptHeld

KEY = JobKey("east", 100, 1_790_000_000)
TIMES = st.none() | st.integers(0, 2**40)
HELD = st.builds(
    Held,
    TIMES,
    TIMES,
    st.integers(-1000, 10**6),
    st.none() | st.integers(0, 9),
    st.integers(0, 99),
    done=st.integers(0, 2**40),
    stops=st.integers(0, 9),
    stopping=st.integers(0, 2**40),
    warned=st.integers(0, 2**40),
)
KEYS = st.builds(JobKey, st.text(min_size=1, max_size=8), st.integers(1, 2**32), st.integers(0))


@settings(deadline=None)  # each example waits for the disk
@given(st.dictionaries(KEYS, HELD, max_size=5))
def test_what_was_saved_is_loaded(
    tmp_path_factory: pytest.TempPathFactory, held: dict[JobKey, Held]
) -> None:
    directory = tmp_path_factory.mktemp("state")
    HeldFile(directory).save(held)
    assert HeldFile(directory).load() == held


def test_nothing_saved_is_nothing_known(tmp_path: Path) -> None:
    assert HeldFile(tmp_path).load() == {}


@pytest.mark.parametrize(
    "content",
    [
        "",
        "{",
        "[]",
        '{"version": 1, "jobs": []}',
        '{"version": 2, "jobs": [["east", 1]]}',
        '{"version": 2, "jobs": [["east", "1", 2, null, null, 0, null, 0, false, null, 0]]}',
        '{"version": 2, "jobs": [7]}',
        '{"version": 3, "jobs": [["e", 1, 2, null, null, 0, null, 0, false, null, 0, 1, 2]]}',
        '{"version": 3, "jobs": [["e", 1, 2, 3, null, 0, null, 0, true, 4, 0, 1, 2, 3, ""]]}',
    ],
)
def test_a_damaged_file_is_told_once_and_put_aside(tmp_path: Path, content: str) -> None:
    (tmp_path / "held.json").write_text(content)
    with pytest.raises(LedgerError, match=r"damaged .* held\.damaged|damaged"):
        HeldFile(tmp_path).load()
    assert HeldFile(tmp_path).load() == {}
    assert (tmp_path / "held.damaged").read_text() == content


def test_a_file_from_before_stops_is_understood(tmp_path: Path) -> None:
    row = '["east", 100, 1790000000, 5, null, 0, null, 1, false, null, 9]'
    (tmp_path / "held.json").write_text(f'{{"version": 2, "jobs": [{row}]}}')
    assert HeldFile(tmp_path).load() == {KEY: Held(begin=5, restarts=1, floor=9)}


def test_what_cannot_be_saved_is_an_error_and_leaves_the_old(tmp_path: Path) -> None:
    file = HeldFile(tmp_path)
    file.save({KEY: Held(site_factor=1)})
    (tmp_path / "full").mkdir()
    with pytest.raises(LedgerError, match="can't be written"):
        HeldFile(tmp_path / "absent").save({})
    assert file.load() == {KEY: Held(site_factor=1)}
    assert [path.name for path in tmp_path.iterdir() if path.is_file()] == ["held.json"]


def test_a_follower_keeps_a_copy_of_what_the_leader_wrote(tmp_path: Path) -> None:
    shared = KeptHeld()
    shared.save({KEY: Held(begin=5)})
    follower = BothHeld(shared, HeldFile(tmp_path))
    assert follower.load() == {KEY: Held(begin=5)}
    assert HeldFile(tmp_path).load() == {KEY: Held(begin=5)}


def test_nothing_counts_as_saved_while_the_shared_store_is_away(tmp_path: Path) -> None:
    shared = KeptHeld()
    shared.away = True
    with pytest.raises(LedgerError):
        BothHeld(shared, HeldFile(tmp_path)).save({KEY: Held(begin=5)})
    assert HeldFile(tmp_path).load() == {}


class Away:
    """A shared store that does not answer."""

    def load(self) -> Mapping[JobKey, Held]:
        raise LedgerUnavailable("away")

    def save(self, held: Mapping[JobKey, Held]) -> None:  # noqa: ARG002
        raise LedgerUnavailable("away")


def test_release_tells_the_other_daemons_what_it_did(tmp_path: Path) -> None:
    shared, local = KeptHeld(), HeldFile(tmp_path)
    ReachableHeld(shared, local).save({KEY: Held(begin=5)})
    assert shared.load() == local.load() == {KEY: Held(begin=5)}


def test_release_goes_on_from_the_local_copy_while_the_database_is_away(tmp_path: Path) -> None:
    local = HeldFile(tmp_path)
    local.save({KEY: Held(begin=5)})
    store = ReachableHeld(Away(), local)
    assert store.load() == {KEY: Held(begin=5)}
    store.save({KEY: Held(begin=6)})
    assert local.load() == {KEY: Held(begin=6)}


def test_who_may_only_look_notes_nothing(tmp_path: Path) -> None:
    HeldFile(tmp_path).save({KEY: Held(begin=5)})
    shown = ShownHeld(HeldFile(tmp_path))
    shown.save({KEY: Held(theirs=True)})
    assert shown.load() == {KEY: Held(begin=5)}
