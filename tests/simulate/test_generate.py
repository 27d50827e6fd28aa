"""The made trace: the same for the same seed, and shaped as its figures say."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from slurm_energy.errors import InputError
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.generate import generate
from slurm_energy.simulate.habits import DAY, HOUR, LIMITS
from slurm_energy.simulate.statistics import statistics, stem, told, trace_of
from slurm_energy.simulate.trace import Trace, TraceJob
from slurm_energy.simulate.traces import csvtrace

SEEDS = (1, 2, 3)
TRACES = {seed: generate(seed, 5000, 28) for seed in SEEDS}


@given(st.integers(0, 2**32), st.integers(1, 80), st.floats(0.1, 30), st.integers(1, 20))
@settings(max_examples=30)
def test_any_size_gives_a_sound_trace(seed: int, jobs: int, days: float, people: int) -> None:
    trace = generate(seed, jobs, days, people=people, widest=4)
    assert trace == generate(seed, jobs, days, people=people, widest=4)
    assert [job.number for job in trace.jobs] == list(range(1, jobs + 1))
    submits = [job.submit for job in trace.jobs]
    assert submits == sorted(submits)
    assert 0 <= submits[0] <= submits[-1] < days * DAY
    for job in trace.jobs:
        assert job.limit in LIMITS
        assert 0 < job.run <= (job.limit or 0)
        assert 1 <= job.gpus <= 4
        assert job.deadline is None or job.deadline > job.submit + (job.limit or 0)


@given(st.integers(0, 2**32))
@settings(max_examples=10)
def test_a_made_trace_survives_its_csv(tmp_path_factory: pytest.TempPathFactory, seed: int) -> None:
    path = tmp_path_factory.mktemp("made") / "t.csv"
    trace = generate(seed, 200, 7)
    csvtrace.write_csv(trace, path)
    assert csvtrace.read(path).jobs == trace.jobs


def test_another_seed_is_another_trace() -> None:
    assert TRACES[1].jobs != TRACES[2].jobs


@pytest.mark.parametrize("seed", SEEDS)
def test_limits_are_over_asked_and_work_is_repeated(seed: int) -> None:
    found = statistics(TRACES[seed])
    used, repeats = found["used_share_of_limit"], found["repeat_share"]
    assert isinstance(used, dict)
    assert 0.15 < used["p50"] < 0.4
    assert used["max"] == 1
    assert isinstance(repeats, float)
    assert 0.8 < repeats < 0.96


@pytest.mark.parametrize("seed", SEEDS)
def test_run_times_have_a_heavy_tail_and_few_jobs_hold_most_hours(seed: int) -> None:
    jobs = TRACES[seed].jobs
    runs = sorted(job.run for job in jobs)
    assert runs[len(runs) // 2] < HOUR
    assert runs[-1] > DAY
    assert sum(runs) / len(runs) > 2 * runs[len(runs) // 2]
    hours = sorted((job.run * job.gpus * job.tasks for job in jobs), reverse=True)
    assert sum(hours[: len(hours) // 10]) > 0.6 * sum(hours)


@pytest.mark.parametrize("seed", SEEDS)
def test_days_and_weeks_show(seed: int) -> None:
    submits = [job.submit for job in TRACES[seed].jobs]
    night = sum(submit % DAY < 6 * HOUR for submit in submits)
    afternoon = sum(12 * HOUR <= submit % DAY < 18 * HOUR for submit in submits)
    assert afternoon > 2 * night
    weekend = sum(submit // DAY % 7 >= 5 for submit in submits)
    assert weekend < 0.22 * len(submits)


@pytest.mark.parametrize("seed", SEEDS)
def test_all_four_classes_wide_jobs_and_arrays_are_there(seed: int) -> None:
    jobs = TRACES[seed].jobs
    managed = set(WorkloadClass) - {WorkloadClass.UNMANAGED}
    assert {job.workload_class for job in jobs} == managed
    assert any(job.gpus >= 32 and job.nodes == job.gpus // 8 for job in jobs)
    assert any(job.tasks > 1 for job in jobs)
    assert any(job.interruptible for job in jobs)
    assert {job.max_delay is None for job in jobs} == {True, False}


def test_the_runs_of_one_work_resemble_each_other() -> None:
    names = [job for job in TRACES[1].jobs if job.run < (job.limit or 0)]
    works: dict[tuple[str, str], list[int]] = {}
    for job in names:
        works.setdefault((job.user, stem(job.name)), []).append(job.run)
    many = [sorted(runs) for runs in works.values() if len(runs) >= 20]
    within = sorted(runs[len(runs) * 3 // 4] / runs[len(runs) // 4] for runs in many)
    everybody = sorted(job.run for job in names)
    between = everybody[len(everybody) * 3 // 4] / everybody[len(everybody) // 4]
    assert len(many) > 20
    assert within[len(within) // 2] < between / 3


def test_a_size_that_makes_no_trace_is_refused() -> None:
    with pytest.raises(InputError, match="jobs 0 makes no trace; use 1 to 10000000"):
        generate(1, 0, 7)
    with pytest.raises(InputError, match="days nan"):
        generate(1, 5, float("nan"))


def test_statistics_count_what_is_there() -> None:
    jobs = (
        TraceJob(1, 0, 3600, 2, user="a", name="x-1", limit=7200, tasks=3),
        TraceJob(2, 1800, 1800, 16, user="a", name="x-2", limit=1800, interruptible=True),
        TraceJob(3, 3600, 3600, 1, user="b", name="x-3", workload_class=WorkloadClass.TRAINING),
    )
    found = statistics(Trace(jobs, "made"))
    assert (found["jobs"], found["tasks"], found["users"], found["stems"]) == (3, 5, 2, 2)
    assert (found["gpu_hours"], found["span_hours"], found["mean_gpus"]) == (15, 1, 15)
    assert found["gpu_hours_by_class"] == {"none": 14, "training": 1}
    assert found["jobs_by_width"] == {"1": 1, "2": 1, "16": 1}
    assert found["repeat_share"] == pytest.approx(1 / 3)
    assert found["at_limit_share"] == pytest.approx(1 / 3)
    assert found["gpu_hours_over_8_gpus_share"] == pytest.approx(8 / 15)
    assert found["interruptible_gpu_hours_share"] == pytest.approx(8 / 15)


def test_statistics_are_told_line_by_line() -> None:
    lines = told(statistics(trace_of("seed=1,jobs=200,days=7"))).splitlines()
    assert lines[0] == "jobs: 200"
    (runs,) = [line for line in lines if line.startswith("run: ")]
    assert "p50 " in runs


def test_a_stem_is_the_name_without_its_count() -> None:
    assert [stem(name) for name in ("train-bert-12", "eval_3", "t5", "7", "chat")] == [
        "train-bert",
        "eval",
        "t",
        "7",
        "chat",
    ]
