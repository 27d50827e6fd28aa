"""The report is one well-formed file with every figure in it, and needs nothing else."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from slurm_energy.decide.pricing.price import curves
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.simulate.contender import policy_of
from slurm_energy.simulate.page import tables
from slurm_energy.simulate.page.load import bins, mean
from slurm_energy.simulate.page.prices import effective_prices
from slurm_energy.simulate.page.report import report
from slurm_energy.simulate.page.weights import weights
from slurm_energy.simulate.page.words import MISSING, percent
from slurm_energy.simulate.request import JobsFile, Stopping
from slurm_energy.simulate.result import result
from slurm_energy.simulate.sight import foresight
from slurm_energy.simulate.study import Study, study
from slurm_energy.simulate.weights import WEIGHTS
from tests.builders import some
from tests.simulate.studies import GRID, make_request, two_sites


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return two_sites(tmp_path_factory.mktemp("study"))


@pytest.fixture(scope="module")
def page(found: Study) -> str:
    return report(found, found.run.frontier)


def elements(page: str, name: str) -> list[ET.Element]:
    return list(ET.fromstring(page.removeprefix("<!DOCTYPE html>")).iter(name))  # noqa: S314 - our own page


def text_of(element: ET.Element) -> str:
    return " ".join("".join(element.itertext()).split())


def test_it_is_well_formed_and_takes_nothing_from_elsewhere(page: str) -> None:
    assert not re.search(r"https?:|url\(|@import", page)
    for one in elements(page, "html")[0].iter():
        assert one.tag not in {"script", "link", "img", "iframe", "object"}
        assert not {"src", "href", "onload"} & set(one.attrib)


def test_every_figure_is_there_for_wide_and_narrow_screens(page: str) -> None:
    figures = elements(page, "figure")
    assert [one.get("id") for one in figures] == [
        "period",
        "cleanness",
        "delays",
        "frontier",
        "weights",
    ]
    for one in figures:
        assert [svg.get("class") for svg in one.iter("svg")] == ["wide", "narrow"]


def test_every_drawing_is_told_in_words(page: str) -> None:
    ids = [one.get("id") for one in elements(page, "html")[0].iter() if one.get("id")]
    assert len(ids) == len(set(ids))
    for svg in elements(page, "svg"):
        assert svg.get("role") == "img"
        said = str(svg.get("aria-labelledby")).split()
        assert set(said) <= set(ids)
        assert all(text_of(one) for one in svg if one.get("id") in said)


def test_every_class_and_every_policy_is_shown(found: Study, page: str) -> None:
    said = text_of(elements(page, "body")[0])
    for name in found.judged.policy.by_class:
        assert f"{name}, kW" in said
    for point in found.run.frontier:
        assert point.policy in said
    assert found.judged.baseline.policy in said


def test_a_class_has_one_panel_in_each_figure_of_classes(found: Study, page: str) -> None:
    by_id = {one.get("id"): one for one in elements(page, "figure")}
    for name in ("cleanness", "delays"):
        wide = next(by_id[name].iter("svg"))
        titles = [text_of(one) for one in wide.iter("text") if one.get("class") == "heading"]
        assert titles == list(found.judged.policy.by_class)


def test_the_effective_price_is_the_planners_own_curve(found: Study) -> None:
    scene = found.ground.scene
    edges = bins(scene.start, found.judged.until, 720)
    ((weights, (east, west)),) = effective_prices(found, edges).items()
    policy = policy_of(found.request, found.request.policy, priced=True)
    assert weights == (policy.classes[WorkloadClass.TRAINING].carbon, 0.0)
    for site, drawn in zip(scene.sites, (east, west), strict=True):
        now = int(edges[9])
        told = foresight((site,), 2 * policy.horizon).read(now)[site.name]
        curve = some(curves(told, policy, now)[WorkloadClass.TRAINING])
        assert drawn[9] == pytest.approx(curve.values[0], abs=0.5)
        grams = mean(site.carbon, edges)
        assert np.corrcoef(drawn, grams)[0, 1] > 0.9


def test_a_published_policy_weighs_nothing_so_no_effective_price_is_drawn(tmp_path: Path) -> None:
    plain = study(make_request(tmp_path, policy="lowest-window"))
    assert "Effective price" not in report(plain, plain.run.frontier)


def test_notes_say_what_was_assumed(page: str) -> None:
    said = text_of(elements(page, "ul")[-1])
    assert "jobs of less than 2 h were given 6h, others 1d" in said
    assert "An idle unit draws 35 % of a busy one" in said
    assert "20 of 40 jobs may run at west as well" in said
    assert "linear programme" in said


def test_every_weight_has_its_row_its_mark_and_its_optimum(found: Study, page: str) -> None:
    (figure,) = [one for one in elements(page, "figure") if one.get("id") == "weights"]
    marks = [one.get("class") for one in next(figure.iter("svg")).iter()]
    assert marks.count("mark preset") == marks.count("mark bound") == len(WEIGHTS)
    assert marks.count("mark policy") == 1
    table = elements(page, "table")[-1]
    rows = [[text_of(cell) for cell in row] for row in table.iter("tr")][1:]
    assert [row[0] for row in rows] == ["0", "0.25", "0.5", "0.75", "1"]
    saved = percent(found.run.weights[2].carbon_saved_percent)
    assert rows[2][1] == " ".join(saved.split())


def test_without_played_weights_the_page_says_how_to_get_them(tmp_path: Path) -> None:
    plain = study(make_request(tmp_path, price=(GRID, "east-price")))
    page = report(plain, plain.run.frontier)
    assert 'id="weights"' not in page
    assert "Add --frontier" in page


def test_a_price_that_never_pays_is_told_as_a_dash_not_as_a_mark(found: Study) -> None:
    dark = [
        one._replace(bound_carbon_saved_percent=None, bound_energy_cost_saved_percent=None)
        for one in found.run.weights
    ]
    drawn = weights(dark, result(found.judged, found.run)).draw(440).content
    assert "mark bound" not in drawn
    assert MISSING in tables.weights(dark)


def test_free_stops_and_no_limit_are_called_so(tmp_path: Path) -> None:
    free = study(make_request(tmp_path, interruptible=Stopping.ALL))
    said = report(free, free.run.frontier)
    assert "stopped and resumed, at no cost" in said
    assert "There is no limit to the units" in said


def test_a_name_from_a_file_can_not_break_the_page(tmp_path: Path) -> None:
    jobs = tmp_path / "<b>&.csv"
    jobs.write_text("arrival_time,length,cpus\n0,3600,1\n")
    request = make_request(tmp_path)
    found = study(replace(request, jobs=JobsFile(jobs), told={"jobs": str(jobs)}))
    page = report(found, found.run.frontier)
    assert "<b>" not in page
    assert "<b>&.csv" in text_of(elements(page, "body")[0])


def test_the_same_study_gives_the_same_bytes(found: Study, page: str) -> None:
    assert report(found, found.run.frontier) == page
    assert len(page.encode()) < 400_000
