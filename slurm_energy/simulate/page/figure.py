"""A figure: drawn once for wide screens and once for narrow ones, and described in words."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from html import escape

from slurm_energy.simulate.page.svg import element

WIDE, NARROW = 960, 440
"""Pixels: at these widths a pixel of the drawing is about one of the screen."""


@dataclass(frozen=True, slots=True)
class Drawing:
    """An SVG's content and height for some width."""

    height: float
    content: str


@dataclass(frozen=True, slots=True)
class Figure:
    """What is drawn, and what is said of it to those who can't see it."""

    name: str
    """Its id on the page."""
    title: str
    described: str
    draw: Callable[[int], Drawing]
    legend: Sequence[tuple[str, str]] = ()
    """Class of the style, and what it stands for."""
    note: str = ""


def html(figure: Figure) -> str:
    """The figure in both widths; the style shows one of them."""
    drawn = "".join(
        _svg(figure, kind, width) for kind, width in (("wide", WIDE), ("narrow", NARROW))
    )
    said = element("p", escape(figure.note), class_="note") if figure.note else ""
    return element(
        "figure",
        element("figcaption", element("h2", escape(figure.title)), said),
        _legend(figure.legend),
        drawn,
        id=figure.name,
    )


def _svg(figure: Figure, kind: str, width: int) -> str:
    drawing = figure.draw(width)
    title, said = f"{figure.name}-{kind}-title", f"{figure.name}-{kind}-said"
    return element(
        "svg",
        element("title", escape(figure.title), id=title),
        element("desc", escape(figure.described), id=said),
        drawing.content,
        class_=kind,
        viewBox=f"0 0 {width} {drawing.height:.0f}",
        role="img",
        aria_labelledby=f"{title} {said}",
    )


def _legend(entries: Sequence[tuple[str, str]]) -> str:
    if not entries:
        return ""
    items = "".join(
        element("li", element("span", class_=f"key {style}", aria_hidden="true"), escape(said))
        for style, said in entries
    )
    return element("ul", items, class_="legend")
