"""The report of a study: one self-contained HTML file that opens without a network."""

from collections.abc import Iterator, Sequence
from html import escape
from importlib import resources

from slurm_energy.simulate.contender import machines_name
from slurm_energy.simulate.curve import one_block_curve
from slurm_energy.simulate.draw import units_of
from slurm_energy.simulate.page import figure, tables
from slurm_energy.simulate.page.cleanness import cleanness
from slurm_energy.simulate.page.delays import delays
from slurm_energy.simulate.page.frontier import frontier
from slurm_energy.simulate.page.moments import in_words
from slurm_energy.simulate.page.notes import notes
from slurm_energy.simulate.page.period import period
from slurm_energy.simulate.page.svg import element
from slurm_energy.simulate.page.weights import weights
from slurm_energy.simulate.result import Document, Point, result
from slurm_energy.simulate.study import MOST_JOBS, Study


def report(found: Study, points: Sequence[Point]) -> str:
    """The report as text; ``points`` are its frontier. The same study gives the same bytes."""
    limited = units_of(found.ground.scene.sites[0].machines) is not None
    small = len(found.ground.scene.jobs) <= MOST_JOBS
    curve = one_block_curve(found.judged) if small and not limited else ()
    document = result(found.judged, found.run)
    title = f"{document['policy_name']} on {_grids(found)}"
    body = [
        element("header", element("h1", escape(title)), _lead(found)),
        tables.headline(document),
        _section("Key figures", tables.sides(document)),
        figure.html(period(found)),
        figure.html(cleanness(found)),
        _section("Classes", tables.classes(found, document)),
        figure.html(delays(found)),
        figure.html(frontier(points, curve, limited=limited)),
        _section("All that were compared", tables.compared(points)),
        *_weights(found, document),
        _section("What to know about these figures", _notes(found)),
        _section("How this was made", _made(found)),
    ]
    return (
        "<!DOCTYPE html>\n"
        '<html lang="en"><head><meta charset="utf-8"/>'
        '<meta name="viewport" content="width=device-width, initial-scale=1"/>'
        f"{element('title', escape(title))}{element('style', _style())}</head>\n"
        f"{element('body', element('main', *body))}</html>\n"
    )


def _style() -> str:
    return resources.files(__package__).joinpath("report.css").read_text(encoding="utf-8")


def _grids(found: Study) -> str:
    return " and ".join(site.name for site in found.ground.scene.sites)


def _lead(found: Study) -> str:
    scene = found.ground.scene
    said = (
        f"{len(scene.jobs)} jobs ({found.ground.trace.source}) on {machines_name(scene)}, "
        f"{in_words(scene.start)} to {in_words(found.judged.until)}."
    )
    return element("p", escape(said), class_="lead")


def _section(title: str, content: str) -> str:
    return element("section", element("h2", escape(title)), content)


def _weights(found: Study, document: Document) -> Iterator[str]:
    """Where weights were played: their figure and its numbers."""
    if found.run.weights:
        yield figure.html(weights(found.run.weights, document))
        yield _section("Each weight", tables.weights(found.run.weights))


def _notes(found: Study) -> str:
    items = "".join(element("li", escape(note)) for note in notes(found))
    return element("ul", items, class_="notes")


def _made(found: Study) -> str:
    options = " ".join(
        f"--{name.replace('_', '-')}" + ("" if value == "True" else f" {value}")
        for name, value in found.run.options.items()
    )
    versions = ", ".join(f"{name} {version}" for name, version in found.run.versions.items())
    return element("p", element("code", escape(f"slurm-energy simulate {options}"))) + element(
        "p", escape(versions), class_="note"
    )
