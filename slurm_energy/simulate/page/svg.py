"""SVG as text: elements, scales, ticks and paths, and nothing that is ours alone."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape


def element(name: str, *children: str, **attributes: object) -> str:
    """``<name …>children</name>``; a trailing underscore is dropped, others become hyphens.

    Children are markup already; attributes are escaped. None leaves an attribute out.
    """
    told = "".join(
        f' {key.rstrip("_").replace("_", "-")}="{escape(_plain(value))}"'
        for key, value in attributes.items()
        if value is not None
    )
    return f"<{name}{told}>{''.join(children)}</{name}>"


def text(content: str, x: float, y: float, **attributes: object) -> str:
    """Escaped text at a place."""
    return element("text", escape(content), x=x, y=y, **attributes)


def line(x1: float, y1: float, x2: float, y2: float, **attributes: object) -> str:
    """A straight line."""
    return element("line", x1=x1, y1=y1, x2=x2, y2=y2, **attributes)


@dataclass(frozen=True, slots=True)
class Scale:
    """Values from ``low`` to ``high`` lie evenly from ``first`` to ``last``, in pixels."""

    low: float
    high: float
    first: float
    last: float

    def __call__(self, value: float) -> float:
        """The pixel of a value; one beyond the ends is drawn at the end."""
        span = self.high - self.low
        share = 0.0 if span <= 0 else min(1.0, max(0.0, (value - self.low) / span))
        return self.first + share * (self.last - self.first)


def ticks(low: float, high: float, most: int) -> list[float]:
    """At most so many round values (plus one) from ``low`` to ``high``."""
    if high <= low:
        return [low]
    rough = (high - low) / max(1, most)
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * one for one in (1, 2, 2.5, 5, 10) if power * one >= rough * 0.999)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(step * index, 10) + 0.0 for index in range(first, last + 1)]


def number(value: float) -> str:
    """As short as it is exact enough: no exponent, no trailing zeros."""
    shown = f"{value:.4g}" if abs(value) < 1000 else f"{value:.0f}"
    return shown.replace("-", "\N{MINUS SIGN}")


def staircase(x: Scale, y: Scale, edges: Sequence[float], values: Sequence[float]) -> str:
    """A path in which ``values[i]`` holds from ``edges[i]`` to ``edges[i + 1]``."""
    parts = list[str]()
    for index, value in enumerate(values):
        level = _plain(y(value))
        parts.append(f"{'L' if parts else 'M'}{_plain(x(edges[index]))} {level}")
        parts.append(f"H{_plain(x(edges[index + 1]))}")
    return "".join(parts)


def area(x: Scale, y: Scale, edges: Sequence[float], values: Sequence[float]) -> str:
    """The same, closed down to zero."""
    floor = _plain(y(0))
    path = staircase(x, y, edges, values)
    return f"M{_plain(x(edges[0]))} {floor}L{path[1:]}V{floor}Z" if path else ""


def polyline(points: Iterable[tuple[float, float]]) -> str:
    """A path through the points, in pixels."""
    return "M" + "L".join(f"{_plain(x)} {_plain(y)}" for x, y in points)


def _plain(value: object) -> str:
    """Pixels to a tenth: smaller files, and the same bytes everywhere."""
    return f"{value:.1f}".removesuffix(".0") if isinstance(value, float) else str(value)
