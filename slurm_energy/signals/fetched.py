"""A provider's signal as a source: fetched aside, kept on disk, never waited for."""

import logging
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from threading import Thread

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.model.series import Series
from slurm_energy.model.source import SourceState
from slurm_energy.ports import SeriesStore
from slurm_energy.signals.backoff import LONGEST, after_failure, after_success
from slurm_energy.signals.door import admit
from slurm_energy.signals.forecast.splice import remembered
from slurm_energy.signals.offer import Provider
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.web import DEADLINE, Web

PATIENCE = round(5 * DEADLINE)
"""Seconds after which a fetch that has not ended is given up."""
WANTED = 28 * 86_400
"""Seconds of the past that normalisation and forecasts look at."""
OVERLAP = 86_400
"""Seconds that are asked for again: measured values are corrected for a day."""
_logger = logging.getLogger(__name__)

Aside = Callable[[Callable[[], None]], None]
"""Runs a call without waiting for it."""


def in_thread(call: Callable[[], None]) -> None:
    """Run ``call`` in a thread that ends with the process."""
    Thread(target=call, name="fetch", daemon=True).start()


@dataclass(frozen=True, slots=True)
class _Fetched:
    """How one fetch ended: with a reading, or with what went wrong."""

    reading: Reading | None = None
    problem: str = ""
    retry_after: int | None = None
    refused: bool = False


@dataclass(frozen=True, slots=True)
class _State:
    """Counts, and the failure that goes on; replaced whole, so that any thread may look."""

    fetches: int = 0
    failures: int = 0
    failing_since: int | None = None
    problem: str = ""
    refused: bool = False


class _Fetch:
    """A fetch under way; ``ended`` is set by its thread, once."""

    def __init__(self, began: int) -> None:
        self.began = began
        self.ended: _Fetched | None = None


class Fetched:
    """Implements :class:`~slurm_energy.signals.reading.SeriesSource` over a provider.

    ``read`` tells what is known and, when it is time, sends for more; what comes is told by a
    later ``read``. The last good series is kept in ``store`` and told after a restart, with its
    own age. One fetch is under way at a time.
    """

    def __init__(
        self,
        provider: Provider,
        web: Web,
        store: SeriesStore,
        currency: str,
        random: Random,
        aside: Aside = in_thread,
    ) -> None:
        self._provider = provider
        self._web = web
        self._store = store
        self._currency = currency
        self._random = random
        self._aside = aside
        self._series: Series | None = None
        self._loaded = False
        self._problems: tuple[str, ...] = ()
        self._failures = 0
        self._state = _State()
        self._told = False
        self._ended = self._due = 0
        self._fetch: _Fetch | None = None

    def read(self, now: int) -> Reading:
        """The last good series, and what was wrong with the answers since. Never waits."""
        if not self._loaded:
            self._series, self._loaded = self._store.load(self._kept_as), True
        self._collect(now)
        # A clock that was set back must not silence the source until it has caught up.
        if self._fetch is None and not self._ended <= now < self._due <= now + self._longest:
            self._fetch = fetch = _Fetch(now)
            since = self._since(now)
            self._aside(lambda: self._run(fetch, since, now))
        return Reading(self._series, self._problems)

    def state(self) -> SourceState:
        """How fetching goes; may be asked from another thread."""
        about, state = self._provider.about, self._state
        return SourceState(
            name=about.name,
            signal=about.signal,
            fetches=state.fetches,
            failures=state.failures,
            failing_since=state.failing_since,
            problem=state.problem,
            refused=state.refused,
            clock_ahead=self._web.clock_ahead,
        )

    @property
    def _name(self) -> str:
        return self._provider.about.name

    @property
    def _kept_as(self) -> str:
        """A zone's carbon and price may come from one provider."""
        return f"{self._name} {self._provider.about.signal.name.lower()}"

    @property
    def _longest(self) -> int:
        return 2 * max(LONGEST, self._provider.about.resolution)

    def _since(self, now: int) -> int:
        """From when on the past is asked for: all that is weighed once, then what is new."""
        known = self._series
        if known is None or (known.times[0] > now - WANTED and not self._told):
            return now - WANTED
        return max(now - WANTED, min(known.issued, now) - OVERLAP)

    def _run(self, fetch: _Fetch, since: int, now: int) -> None:
        """In its own thread: fetch, judge, and say how it ended."""
        try:
            offer = self._provider.fetch(self._web, since, now)
            reading = admit(offer, self._provider.about, self._currency, now)
            fetch.ended = _Fetched(reading)
        except ProviderError as error:
            refused = isinstance(error, ProviderRefused)
            fetch.ended = _Fetched(None, self._named(error), error.retry_after, refused)
        except SeriesError as error:
            fetch.ended = _Fetched(problem=self._named(error))
        except Exception as error:
            # A provider's own client library may raise anything; the source must go on.
            _logger.debug("fetch failed", exc_info=True)
            fetch.ended = _Fetched(problem=f"{self._name}: {type(error).__name__} in its client")

    def _named(self, error: Exception) -> str:
        """The error after our name: what goes wrong on the network has it, a token's file not."""
        return f"{self._name}: {str(error).removeprefix(f'{self._name}: ')}"

    def _collect(self, now: int) -> None:
        """Take over how the fetch under way ended, if it has."""
        fetch = self._fetch
        if fetch is None:
            return
        if fetch.ended is not None:
            self._fetch, self._ended = None, now
            self._take(fetch.ended, now)
        elif not 0 <= now - fetch.began <= PATIENCE:
            self._fetch, self._ended = None, now
            told = f"{self._name}: no end after {now - fetch.began} s; given up"
            self._fail(_Fetched(problem=told), now)

    def _take(self, ended: _Fetched, now: int) -> None:
        if ended.reading is None or ended.reading.series is None:
            self._fail(ended, now)
            return
        self._failures, self._told = 0, True
        self._state = _State(self._state.fetches + 1, self._state.failures)
        self._series = remembered(self._series, ended.reading.series, now)
        self._problems = ended.reading.problems
        self._due = after_success(now, self._provider.about.resolution, self._random)
        self._problems += self._kept(self._series)

    def _kept(self, series: Series) -> tuple[str, ...]:
        """Keep it on disk; a full disk is a problem, not a reason to lose the series."""
        try:
            self._store.save(self._kept_as, series)
        except OSError as error:
            return (f"{self._name}: not kept on disk: {error.strerror or error}",)
        return ()

    def _fail(self, ended: _Fetched, now: int) -> None:
        self._failures += 1
        before, problem = self._state, ended.problem
        since = now if before.failing_since is None else before.failing_since
        self._state = _State(before.fetches, before.failures + 1, since, problem, ended.refused)
        self._due = after_failure(now, self._failures, ended.retry_after, self._random)
        fate = "the last good series stands" if self._series else "there is no series"
        self._problems = (f"{problem}; {fate}",)
