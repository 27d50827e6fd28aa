from pathlib import Path

import pytest

from slurm_energy.errors import SlurmEnergyError
from slurm_energy.state.released import Released, UnlessReleased
from tests.worlds import GivenLead


def test_the_mark_holds_its_reason_until_it_is_cleared(tmp_path: Path) -> None:
    released = Released(tmp_path)
    assert released.reason() is None
    released.mark("maintenance\nof the grid")
    assert Released(tmp_path).reason() == "maintenance of the grid"
    released.clear()
    assert released.reason() is None


def test_a_mark_that_cannot_be_read_still_counts(tmp_path: Path) -> None:
    (tmp_path / "released").write_bytes(b"\xff\xfe")
    assert "can't be read" in (Released(tmp_path).reason() or "")


def test_a_mark_that_cannot_be_written_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SlurmEnergyError, match=r"absent/released can't be changed: No such file"):
        Released(tmp_path / "absent").mark("why")


def test_the_lead_is_given_up_within_a_turn(tmp_path: Path) -> None:
    released = Released(tmp_path)
    lead = UnlessReleased(GivenLead(), released)
    assert lead.acquire()
    assert lead.holding()
    released.mark("enough")
    assert not lead.holding()
    assert not lead.acquire()
