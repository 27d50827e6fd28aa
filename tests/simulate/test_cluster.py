"""One simulated cluster: how jobs wait, start, come back, and what of that is shown."""

import pytest

from slurm_energy.errors import InputError
from slurm_energy.model.decision import Fate
from slurm_energy.model.job import JobState
from slurm_energy.simulate.cluster.outage import lose_node, regain_node
from slurm_energy.simulate.scene import Nodes, Pool, PowerDown
from slurm_energy.simulate.schedule import NodeOff
from tests.builders import HOUR, MINUTE
from tests.simulate.plays import START, Stage, make_scene, make_trace_job, rows

FOUR_NODES = Nodes(count=4, gpus=8, cpus=64)


def test_jobs_start_in_order_as_units_become_free() -> None:
    jobs = [make_trace_job(1, gpus=2), make_trace_job(2, after=60), make_trace_job(3, after=120)]
    stage = Stage(make_scene(jobs, Pool(2)))
    assert rows(stage.finish()) == [
        (1, 0, 0, HOUR),
        (2, 0, HOUR, 2 * HOUR),
        (3, 0, HOUR, 2 * HOUR),
    ]


def test_without_a_limit_to_units_everything_starts_at_once() -> None:
    jobs = [make_trace_job(number, after=number, gpus=1_000) for number in (1, 2, 3)]
    assert [start for _, _, start, _ in rows(Stage(make_scene(jobs, Pool(None))).finish())] == [
        1,
        2,
        3,
    ]


def test_a_begin_time_holds_a_job_back_and_expires_by_itself() -> None:
    stage = Stage(make_scene([make_trace_job(1, after=10, gpus=4), make_trace_job(2, gpus=4)]))
    stage.until(10)
    assert stage.send(1, begin=START + 3 * HOUR) is Fate.SENT
    assert stage.job(1).eligible_time == START + 3 * HOUR
    assert stage.job(1).reason == "BeginTime"
    assert rows(stage.finish())[0] == (1, 0, 3 * HOUR, 4 * HOUR)


def test_a_begin_time_that_was_moved_on_does_not_expire_at_the_old_one() -> None:
    stage = Stage(make_scene([make_trace_job(1, after=60)]))
    stage.look(60)
    stage.send(1, begin=START + HOUR)
    stage.send(1, begin=START + 2 * HOUR)
    stage.until(HOUR)
    assert (stage.job(1).state, stage.job(1).reason) == (JobState.PENDING, "BeginTime")
    stage.until(2 * HOUR)
    assert stage.job(1).state is JobState.RUNNING


def test_an_earlier_begin_time_releases_it_and_a_past_one_means_now() -> None:
    stage = Stage(make_scene([make_trace_job(1, gpus=4), make_trace_job(2, gpus=4)]))
    stage.send(2, begin=START + 9 * HOUR)
    stage.until(2 * HOUR)
    stage.send(2, begin=START)
    assert stage.job(2).start_time == START + 2 * HOUR


def test_a_site_factor_overtakes_as_much_age_as_it_is_worth() -> None:
    """100 points an hour: two jobs an hour apart change places with 101 points, not with 99."""
    for points, first in ((99, 2), (101, 3)):
        jobs = [
            make_trace_job(1, gpus=4, run=5 * HOUR),
            make_trace_job(2, gpus=4),
            make_trace_job(3, after=HOUR, gpus=4),
        ]
        stage = Stage(make_scene(jobs))
        stage.until(HOUR)
        stage.send(3, site_factor=points)
        starts = {start: job for job, _, start, _ in rows(stage.finish())}
        assert starts[5 * HOUR] == first


def test_a_job_that_does_not_change_stays_the_same_object() -> None:
    stage = Stage(make_scene([make_trace_job(1), make_trace_job(2, after=HOUR // 2)]))
    before = stage.job(1)
    queue = stage.jobs()
    assert stage.jobs() is queue
    stage.until(HOUR // 2)
    assert stage.job(1) is before
    assert stage.jobs() is not queue


def test_a_stopped_job_waits_and_does_what_is_left_and_what_the_stop_cost() -> None:
    job = make_trace_job(1, run=2 * HOUR, interruptible=True, gpus=3)
    stage = Stage(make_scene([job], interruption_cost=300))
    stage.until(HOUR // 2)
    assert stage.stop(1, begin=START + 4 * HOUR) is Fate.SENT
    shown = stage.job(1)
    assert (shown.state, shown.restarts) == (JobState.PENDING, 1)
    assert (shown.submit_time, shown.eligible_time) == (START + HOUR // 2, START + 4 * HOUR)
    assert (shown.start_time, shown.nodelist) == (None, ())
    assert rows(stage.finish()) == [
        (1, 0, 0, HOUR // 2),
        (1, 0, 4 * HOUR, 4 * HOUR + 3 * HOUR // 2 + 300),
    ]


def test_a_job_that_can_not_resume_starts_from_the_beginning() -> None:
    stage = Stage(make_scene([make_trace_job(1, run=2 * HOUR)], interruption_cost=300))
    stage.until(HOUR)
    stage.stop(1, begin=START + 4 * HOUR)
    assert rows(stage.finish()) == [(1, 0, 0, HOUR), (1, 0, 4 * HOUR, 6 * HOUR)]


def test_a_stop_without_a_begin_time_waits_as_slurm_has_it() -> None:
    stage = Stage(make_scene([make_trace_job(1)]))
    stage.until(MINUTE)
    stage.stop(1)
    assert stage.job(1).eligible_time == START + 3 * MINUTE


def test_a_stop_means_one_run_and_no_other() -> None:
    stage = Stage(make_scene([make_trace_job(1)]))
    assert stage.send(1, stop=True, run_start=START - 1) is Fate.GONE
    assert stage.job(1).state is JobState.RUNNING


def test_only_a_running_job_can_be_stopped_and_only_a_pending_one_changed() -> None:
    stage = Stage(make_scene([make_trace_job(1, gpus=4), make_trace_job(2, gpus=4)]))
    assert stage.stop(2, begin=START + HOUR) is Fate.GONE
    assert stage.send(1, begin=START + HOUR) is Fate.GONE
    assert stage.send(99, begin=START + HOUR) is Fate.GONE
    assert [job.restarts for job in stage.jobs()] == [0, 0]


def test_an_array_is_one_record_whose_tasks_start_one_by_one() -> None:
    stage = Stage(make_scene([make_trace_job(7, tasks=5)], Pool(2)))
    array = stage.job(7)
    assert (array.state, array.array_task_count) == (JobState.PENDING, 3)
    running = [job for job in stage.jobs() if job.state is JobState.RUNNING]
    assert [(job.job_id, job.array_task_count) for job in running] == [(8, 0), (9, 0)]
    assert {job.admin_comment for job in stage.jobs()} == {"7"}
    assert [(job, task, start) for job, task, start, _ in rows(stage.finish())] == [
        (7, 0, 0),
        (7, 1, 0),
        (7, 2, HOUR),
        (7, 3, HOUR),
        (7, 4, 2 * HOUR),
    ]


def test_the_job_table_counts_tasks() -> None:
    stage = Stage(make_scene([make_trace_job(7, tasks=5)], Pool(2)))
    assert stage.clusters.doors["east"].read().job_count == 5


def test_accounting_tells_ends_from_a_moment_on() -> None:
    stage = Stage(make_scene([make_trace_job(1), make_trace_job(2, run=2 * HOUR)]))
    stage.finish()
    door = stage.clusters.doors["east"]
    assert [end.key.job_id for end in door.ended(START)] == [1, 2]
    assert [end.key.job_id for end in door.ended(START + HOUR + 1)] == [2]
    (end,) = door.ended(START + 2 * HOUR)
    assert (end.state, end.start, end.end) == ("COMPLETED", START, START + 2 * HOUR)


def test_accounting_tells_every_piece_of_an_interrupted_run() -> None:
    stage = Stage(make_scene([make_trace_job(1, run=2 * HOUR, interruptible=True)]))
    stage.until(HOUR)
    stage.stop(1, begin=START + 3 * HOUR)
    stage.finish()
    ends = stage.clusters.doors["east"].ended(START)
    assert [(end.state, end.start, end.end) for end in ends] == [
        ("REQUEUED", START, START + HOUR),
        ("COMPLETED", START + 3 * HOUR, START + 4 * HOUR),
    ]


# Nodes


def test_a_job_wider_than_a_node_gets_several() -> None:
    stage = Stage(make_scene([make_trace_job(1, gpus=20), make_trace_job(2, gpus=8)], FOUR_NODES))
    assert stage.job(1).nodelist == ("east0", "east1", "east2")
    assert stage.job(2).nodelist == ("east3",)
    assert stage.clusters.doors["east"].read().gpus_idle == 3


def test_free_gpus_on_two_nodes_do_not_make_one_node() -> None:
    jobs = [make_trace_job(1, gpus=5), make_trace_job(2, gpus=5), make_trace_job(3, gpus=6)]
    stage = Stage(make_scene(jobs, Nodes(count=2, gpus=8, cpus=64)))
    assert stage.job(3).state is JobState.PENDING
    assert [start for _, _, start, _ in rows(stage.finish())] == [0, 0, HOUR]


def test_cpus_bind_where_gpus_do_not() -> None:
    jobs = [make_trace_job(1, gpus=0, cpus=40), make_trace_job(2, gpus=0, cpus=40)]
    stage = Stage(make_scene(jobs, Nodes(count=1, gpus=8, cpus=64)))
    assert [start for _, _, start, _ in rows(stage.finish())] == [0, HOUR]


def test_a_lost_node_sends_its_jobs_back_without_their_work() -> None:
    jobs = [
        make_trace_job(1, gpus=8, run=2 * HOUR, interruptible=True),
        make_trace_job(2, gpus=8, run=2 * HOUR),
    ]
    stage = Stage(make_scene(jobs, Nodes(count=2, gpus=8, cpus=64)))
    stage.until(HOUR)
    lose_node(stage.east, 0)
    stage.settle()
    assert stage.job(1).eligible_time == START + HOUR + 2 * MINUTE
    queue = stage.clusters.doors["east"].read()
    assert (queue.gpus_total, [node.usable for node in queue.nodes]) == (8, [False, True])
    assert stage.job(2).state is JobState.RUNNING
    stage.until(5 * HOUR // 2)
    assert stage.job(1).nodelist == ("east1",)
    regain_node(stage.east, 0)
    assert rows(stage.finish())[:2] == [(1, 0, 0, HOUR), (1, 0, 2 * HOUR, 4 * HOUR)]


def test_a_node_that_comes_back_takes_jobs_at_once() -> None:
    stage = Stage(make_scene([make_trace_job(1, after=60, gpus=8)], Nodes(1, 8, 64)))
    lose_node(stage.east, 0)
    stage.until(HOUR)
    assert stage.job(1).state is JobState.PENDING
    regain_node(stage.east, 0)
    stage.settle()
    assert stage.job(1).state is JobState.RUNNING


def test_a_wide_job_that_waits_for_a_lost_node_holds_nobody_up() -> None:
    jobs = [make_trace_job(1, after=60, gpus=16), make_trace_job(2, after=120, gpus=8)]
    stage = Stage(make_scene(jobs, Nodes(2, 8, 64)))
    lose_node(stage.east, 0)
    stage.until(180)
    assert stage.job(1).state is JobState.PENDING
    assert stage.job(2).state is JobState.RUNNING


@pytest.mark.parametrize("machines", [Pool(4), FOUR_NODES])
def test_a_node_that_is_not_there_is_named(machines: Pool | Nodes) -> None:
    stage = Stage(make_scene([], machines))
    with pytest.raises(InputError, match="east"):
        lose_node(stage.east, 4)


# Power


POWERED = Nodes(2, 8, 64, power_down=PowerDown(after=600, boot=120, boot_watts=500.0))


def test_an_idle_node_goes_dark_and_a_job_on_it_waits_for_its_boot() -> None:
    stage = Stage(make_scene([make_trace_job(1, after=HOUR, gpus=4)], POWERED))
    stage.until(HOUR)
    assert stage.job(1).start_time == START + HOUR + 120
    assert rows(stage.finish()) == [(1, 0, HOUR + 120, 2 * HOUR + 120)]
    stage.clusters.close(START + 4 * HOUR)
    assert sorted(stage.clusters.diary.dark) == [
        NodeOff(0, 0, START + 600, START + HOUR, START + HOUR + 120),
        NodeOff(0, 0, START + 2 * HOUR + 720, START + 4 * HOUR, START + 4 * HOUR),
        NodeOff(0, 1, START + 600, START + 4 * HOUR, START + 4 * HOUR),
    ]


def test_a_node_that_is_awake_is_taken_before_one_that_must_boot() -> None:
    jobs = [
        make_trace_job(1, gpus=8),
        make_trace_job(2, gpus=4, run=3 * HOUR),
        make_trace_job(3, after=2 * HOUR, gpus=4),
    ]
    stage = Stage(make_scene(jobs, POWERED))
    stage.until(2 * HOUR)
    assert stage.job(3).nodelist == ("east1",)
    assert stage.job(3).start_time == START + 2 * HOUR


def test_a_node_used_in_time_does_not_go_dark() -> None:
    jobs = [make_trace_job(1, after=599, gpus=8), make_trace_job(2, after=HOUR + 1_000, gpus=8)]
    stage = Stage(make_scene(jobs, Nodes(1, 8, 64, power_down=POWERED.power_down)))
    assert [start for _, _, start, _ in rows(stage.finish())] == [599, HOUR + 1_000]
