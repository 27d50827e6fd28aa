"""The JSON document names what it compares, in stable order and stable bytes."""

import json
from pathlib import Path

import pytest

from slurm_energy.simulate import program
from slurm_energy.simulate.judge import Judged, Played
from slurm_energy.simulate.published import ecovisor
from slurm_energy.simulate.result import Document, Run, result, to_json, versions
from slurm_energy.simulate.scene import Pool
from tests import publicdata
from tests.simulate import public
from tests.simulate.plainqueue import judged
from tests.simulate.small import HOUR, a_job, a_scene, a_schedule, hourly

GUIDE = Path(__file__).parents[2] / "docs" / "simulate.md"
RUN = Run(seed=7, skipped=2, seconds={"policy": 0.25}, versions={"slurm-energy": "0"})


def two_jobs(pool: Pool) -> Judged:
    jobs = [a_job(max_delay=2 * HOUR), a_job(max_delay=0)]
    scene = a_scene(jobs, hourly(400, 300, 100, 500), pool)
    return judged(scene, Played(a_schedule((1, HOUR, 2 * HOUR), (2, 0, HOUR))))


def test_savings_and_the_share_of_the_bound() -> None:
    found = result(two_jobs(Pool(None)), RUN)
    # at once 0.8 kg, ours 0.7, at best 0.5
    assert found["carbon_saved_percent"] == 12.5
    assert found["bound_saved_percent"] == 37.5
    assert found["share_of_bound"] == pytest.approx(1 / 3, abs=1e-6)
    assert found["one_block_share_of_bound"] == 1.0


def test_everything_that_is_compared_is_named() -> None:
    free, bounded = result(two_jobs(Pool(None)), RUN), result(two_jobs(Pool(2)), RUN)
    assert (free["baseline_name"], bounded["baseline_name"]) == ("run at once", "first-come")
    assert (free["bound_kind"], bounded["bound_kind"]) == ("exact", "relaxation")
    assert "2 units at here" in str(bounded["bound_name"])
    assert free["one_block_name"] == "one-block optimum"


def test_a_job_late_only_with_us_is_counted_in_all_and_in_its_class() -> None:
    scene = a_scene([a_job(max_delay=0)], hourly(2, 1))
    found = result(judged(scene, Played(a_schedule((1, HOUR, 2 * HOUR)))), RUN)
    policy = part(found, "policy")
    assert part(found, "counts")["late_through_us"] == 1
    assert part(policy, "all")["late_through_us"] == 1
    assert part(part(policy, "by_class"), "training")["late_through_us"] == 1
    assert part(part(found, "baseline"), "all")["late_through_us"] == 0


def test_where_nothing_can_be_saved_there_is_no_share() -> None:
    scene = a_scene([a_job()], hourly(1, 1))
    assert result(judged(scene, Played(a_schedule((1, 0, HOUR)))), RUN)["share_of_bound"] is None


def test_what_a_relaxation_cannot_tell_is_null() -> None:
    best = part(part(result(two_jobs(Pool(2)), RUN), "bound"), "all")
    assert best["peak_kw"] is None
    assert best["gpu_hours_idle_while_deferred"] is None


def test_a_scene_too_large_for_a_bound_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(program, "MOST_ENTRIES", 2)
    found = result(two_jobs(Pool(2)), RUN)
    assert "over 2: there is none" in str(found["bound_problem"])
    assert (found["bound"], found["bound_name"], found["share_of_bound"]) == (None, None, None)
    assert found["carbon_saved_percent"] == 12.5


def test_the_same_run_gives_the_same_bytes_and_reads_back() -> None:
    first, second = (to_json(result(two_jobs(Pool(2)), RUN)) for _ in range(2))
    assert first == second
    assert json.loads(first)["period"]["start"] == "1970-01-01T00:00:00Z"
    assert list(json.loads(first))[:4] == ["format", "policy_name", "baseline_name", "bound_name"]


def test_the_guide_has_every_key_explained_and_in_its_example() -> None:
    found, text = result(two_jobs(Pool(2)), RUN), GUIDE.read_text(encoding="utf-8")
    example = json.loads(text.partition("```json\n")[2].partition("```")[0])
    tally = part(part(found, "policy"), "all")
    assert list(example) == list(found)
    assert list(example["policy"]["all"]) == list(tally)
    explained = "".join(line for line in text.splitlines() if line.startswith("| `"))
    keys = {*found, *tally}
    assert [key for key in sorted(keys) if f"`{key}`" not in explained] == []


def test_versions_name_what_computed_it() -> None:
    assert list(versions()) == ["python", "slurm-energy", "numpy", "scipy"]


@publicdata.needed
def test_ecovisor_keeps_four_fifths_of_the_bound_in_south_australia() -> None:
    scene = public.scene("AU-SA")
    found = result(judged(scene, Played(ecovisor(scene))), RUN)
    assert found["carbon_saved_percent"] == pytest.approx(36.1, abs=0.05)
    assert found["share_of_bound"] == pytest.approx(0.80, abs=0.005)


def part(document: Document, key: str) -> Document:
    found = document[key]
    assert isinstance(found, dict)
    return found
