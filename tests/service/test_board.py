from pathlib import Path

from slurm_energy.service.board import Board
from tests.builders import NOON, make_annotation
from tests.service.parts import House


def test_updates_are_counted_by_cluster_and_fate(tmp_path: Path) -> None:
    house, board = House(tmp_path), Board(started=NOON)
    house.town.submit()
    refused = house.town.submit()
    house.town.east.refuse(refused, "no")
    cycle = house.town.daemon()
    board.completed(cycle.turn())
    board.completed(cycle.turn())
    assert board.updates == {("east", "sent"): 1, ("east", "refused"): 2}
    assert board.cycles == 2


def test_a_lease_is_counted_once_and_not_for_jobs_from_before_our_start(tmp_path: Path) -> None:
    house, board = House(tmp_path), Board(started=NOON)
    town = house.town
    before = make_annotation(submit=NOON - 10, lease=NOON + 60)
    since = make_annotation(submit=NOON, lease=NOON + 60)
    for annotation in (before, since):
        town.submit_annotated(annotation, begin=NOON + 60)
    cycle = town.daemon()
    for _ in range(3):
        board.completed(cycle.turn())
    with town.east.silent():
        board.completed(cycle.turn())
    board.completed(cycle.turn())
    assert board.leases == {"east": 1}


def test_a_failed_turn_leaves_the_last_one_up(tmp_path: Path) -> None:
    board = Board(started=NOON)
    turn = House(tmp_path).town.daemon().turn()
    board.completed(turn)
    board.failed()
    assert (board.turn, board.failures) == (turn, 1)
