"""A bar with the time left for each phase of a long verb, on a terminal's standard error."""

import sys
from collections.abc import Callable
from contextlib import ExitStack
from types import TracebackType

import click

_STEPS = 1000


class Bars:
    """One bar after the other; nothing at all where standard error is no terminal."""

    def __init__(self) -> None:
        self._open = ExitStack()

    def __enter__(self) -> "Bars":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        self._open.close()

    def __call__(self, label: str) -> Callable[[float], None] | None:
        """Ends the bar before; gives who is told the share that is done."""
        self._open.close()
        if not sys.stderr.isatty():
            return None
        bar = self._open.enter_context(
            click.progressbar(length=_STEPS, label=f"{label[:32]:32}", file=sys.stderr)
        )

        self._open.callback(lambda: bar.update(_STEPS - bar.pos))

        def done(share: float) -> None:
            bar.update(round(share * _STEPS) - bar.pos)

        return done
