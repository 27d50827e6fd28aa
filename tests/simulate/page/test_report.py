"""The report is one well-formed file with every figure in it, and needs nothing else."""

import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from slurm_energy.simulate.page.report import report
from slurm_energy.simulate.request import JobsFile, Stopping
from slurm_energy.simulate.study import Study, study
from tests.simulate.studies import make_request, two_sites


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
    assert [one.get("id") for one in figures] == ["period", "cleanness", "delays", "frontier"]
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


def test_notes_say_what_was_assumed(page: str) -> None:
    said = text_of(elements(page, "ul")[-1])
    assert "jobs of less than 2 h were given 6h, others 1d" in said
    assert "An idle unit draws 35 % of a busy one" in said
    assert "20 of 40 jobs may run at west as well" in said
    assert "linear programme" in said


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
