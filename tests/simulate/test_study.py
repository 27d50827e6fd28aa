"""From a request to everything that a policy is held against."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from slurm_energy.errors import InputError
from slurm_energy.model.presets import PRESETS
from slurm_energy.simulate.contender import nobody, policy_of, published, queue_name
from slurm_energy.simulate.example import grid
from slurm_energy.simulate.ground import USUAL_SLACK, ground
from slurm_energy.simulate.options import Slack
from slurm_energy.simulate.page.notes import notes
from slurm_energy.simulate.request import JobsFile, Knowing, Made, Second, Sight, Stopping
from slurm_energy.simulate.result import result, to_json
from slurm_energy.simulate.run import Progress
from slurm_energy.simulate.scene import Backfill, Nodes, PowerDown
from slurm_energy.simulate.study import study, with_presets
from tests.simulate.studies import GRID, make_request, two_sites


def test_the_made_grid_of_the_documents_is_the_one_that_is_made() -> None:
    assert GRID.read_text() == grid()


def test_where_nobody_says_how_long_a_job_may_wait_the_usual_slack_holds(tmp_path: Path) -> None:
    found = ground(make_request(tmp_path))
    assert (found.slack, found.assumed) == (USUAL_SLACK, True)
    assert {job.max_delay for job in found.scene.jobs} == {6 * 3600, 24 * 3600}


def test_a_stated_slack_and_a_stating_trace_are_left_as_they_are(tmp_path: Path) -> None:
    stated = Slack(0, 3600)
    assert ground(make_request(tmp_path, slack=stated)).slack == stated
    assert not ground(make_request(tmp_path, slack=stated)).assumed
    stating = tmp_path / "stating.csv"
    stating.write_text("arrival_time,length,cpus,class\n0,60,1,nearline\n")
    told = ground(make_request(tmp_path, jobs=JobsFile(stating)))
    assert (told.slack, told.assumed) == (None, False)
    assert told.scene.jobs[0].max_delay == 1800


def test_two_sites_on_the_same_column_have_two_names(tmp_path: Path) -> None:
    found = ground(make_request(tmp_path, second=Second((GRID, "east"))))
    assert [site.name for site in found.scene.sites] == ["east", "east-2"]


def test_where_all_jobs_may_be_stopped_the_policy_allows_it(tmp_path: Path) -> None:
    request = make_request(tmp_path, interruptible=Stopping.ALL, interruption_cost=300)
    played = policy_of(request, "balanced", priced=True)
    assert all(kind.stop for kind in played.classes.values())
    assert (played.interruption_cost, played.least_run) == (300, PRESETS["balanced"].least_run)
    free = policy_of(replace(request, interruption_cost=0), "balanced", priced=True)
    assert (free.interruption_cost, free.least_run) == (0, 0)


def test_without_prices_nothing_weighs_them(tmp_path: Path) -> None:
    played = policy_of(make_request(tmp_path), "cost-first", priced=False)
    assert not any(kind.price or kind.carbon for kind in played.classes.values())


@pytest.mark.parametrize("backfill", list(Backfill))
def test_a_published_policy_on_a_limit_is_served_by_the_same_queue(
    tmp_path: Path, backfill: Backfill
) -> None:
    scene = ground(make_request(tmp_path, capacity=4, backfill=backfill)).scene
    chosen = published(scene, "lowest-slot").schedule
    assert chosen.policy == f"lowest-slot, then {queue_name(scene)}"
    plain, ours = nobody(scene).schedule, published(scene, "run-at-once").schedule
    assert sorted(plain.start.tolist()) == sorted(ours.start.tolist())
    assert chosen.start.sum() > plain.start.sum()


def test_without_a_limit_it_is_as_published(tmp_path: Path) -> None:
    scene = ground(make_request(tmp_path)).scene
    assert queue_name(scene) == "run at once"
    assert published(scene, "carbon-time").schedule.policy == "carbon-time"


def test_a_study_holds_the_policy_against_all_others(tmp_path: Path) -> None:
    found = study(make_request(tmp_path))
    document = result(found.judged, found.run)
    saved = {point.policy: point.carbon_saved_percent or 0.0 for point in found.run.frontier}
    assert set(saved) == {
        *("carbon-first", "run-at-once", "lowest-slot", "lowest-window", "carbon-time"),
        *("ecovisor", "one-block optimum", "suspend-resume optimum"),
    }
    assert max(saved, key=saved.__getitem__) == "suspend-resume optimum"
    assert saved["carbon-first"] > 5
    assert document["carbon_saved_percent"] == pytest.approx(saved["carbon-first"])
    assert set(found.run.seconds) == {"read", "policy", "baseline", "bound", "published"}


@pytest.mark.parametrize("sight", [Sight.WEEK, Sight.AUTO])
def test_the_same_request_gives_the_same_result(tmp_path: Path, sight: Sight) -> None:
    def once() -> str:
        found = study(make_request(tmp_path, forecast=sight, run_times=Knowing.TRACE))
        return to_json(result(found.judged, replace(found.run, seconds={})))

    assert once() == once()


def test_where_forecasts_compete_it_is_told_whose_were_taken(tmp_path: Path) -> None:
    found = study(make_request(tmp_path, forecast=Sight.AUTO))
    spoke = found.run.forecasters["east"]["carbon"]
    assert result(found.judged, found.run)["forecasters"] == {"east": {"carbon": spoke}}
    assert spoke["learned"] == sum(spoke.values()) > 24
    assert "Forecasts of carbon at east were taken from: learned 100 %." in list(notes(found))


def test_a_published_policy_is_studied_by_its_name(tmp_path: Path) -> None:
    found = study(make_request(tmp_path, policy="lowest-window"))
    assert found.judged.policy.policy == "lowest-window"
    assert found.outcome is None


def test_nodes_that_are_powered_down_when_idle_spare_carbon_with_us_and_without(
    tmp_path: Path,
) -> None:
    always = study(make_request(tmp_path, nodes=Nodes(2, 8, 96)))
    rule = PowerDown(after=600, boot=300, boot_watts=900)
    down = study(make_request(tmp_path, nodes=Nodes(2, 8, 96, power_down=rule)))
    for side in ("baseline", "policy"):
        spared, idled = (getattr(one.judged, side).all.cluster_carbon_kg for one in (down, always))
        assert spared < idled
    told = list(notes(down))
    assert any(note.startswith("A node draws 400 W, each of its 8 GPUs 400 W") for note in told)
    assert any("powered down" in note and "5m to boot" in note for note in told)


def test_made_jobs_carry_their_seed(tmp_path: Path) -> None:
    found = study(
        make_request(tmp_path, jobs=Made(3, jobs=20, days=2, widest=4), policy="ecovisor")
    )
    assert found.run.seed == 3
    assert found.ground.trace.source == "generated with seed 3"


def test_an_unknown_policy_is_refused_before_anything_is_played(tmp_path: Path) -> None:
    told: list[str] = []
    with pytest.raises(InputError, match="policy fastest is neither a preset"):
        study(make_request(tmp_path, policy="fastest"), told.append)
    assert told == []


def test_presets_are_played_alike_and_told(tmp_path: Path) -> None:
    told: list[str] = []

    def tell(label: str) -> Progress | None:
        told.append(label)
        return None

    found = study(make_request(tmp_path))
    points = with_presets(found, tell)
    played = [point.policy for point in points if point.kind == "preset"]
    assert played == ["balanced", "performance-first"]
    assert told == ["for comparison: balanced", "for comparison: performance-first"]


def test_two_sites_with_everything_are_one_document(tmp_path: Path) -> None:
    found = two_sites(tmp_path)
    document = json.loads(to_json(result(found.judged, found.run)))
    assert [site["name"] for site in document["sites"]] == ["east", "west"]
    assert "12 units of east and 8 units of west" in document["baseline_name"]
    assert document["energy_cost_saved_percent"] is not None
    assert document["cluster_carbon_saved_percent"] < document["carbon_saved_percent"]
