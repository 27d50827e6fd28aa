"""Which signals are worth a row: those whose value, source or trust is another than before."""

from collections.abc import Iterator, Mapping

from slurm_energy.ledger.write import SignalValue
from slurm_energy.model.series import ClusterSignals, Series, Signal


class SignalChanges:
    """Remembers what was recorded last; after a restart each signal is recorded once more."""

    def __init__(self) -> None:
        self._last: dict[tuple[str, str], tuple[float | None, str]] = {}

    def changed(self, now: int, signals: Mapping[str, ClusterSignals]) -> tuple[SignalValue, ...]:
        """Return the signals that differ from the last call's, as of ``now``."""
        return tuple(value for value in _values(now, signals) if self._is_new(value))

    def _is_new(self, one: SignalValue) -> bool:
        name, content = (one.cluster, one.signal), (one.value, one.source)
        if self._last.get(name) == content:
            return False
        self._last[name] = content
        return True


def _values(now: int, signals: Mapping[str, ClusterSignals]) -> Iterator[SignalValue]:
    for cluster, known in signals.items():
        yield _value(cluster, Signal.CARBON, known.carbon, now)
        yield _value(cluster, Signal.PRICE, known.price, now)


def _value(cluster: str, signal: Signal, series: Series | None, now: int) -> SignalValue:
    name = signal.name.lower()
    if series is None:
        return SignalValue(cluster, name, now, None, "", None)
    return SignalValue(cluster, name, now, series.at(now), series.source, series.issued)
