"""What the daemon answers of its signals: see :mod:`answers`."""

from collections.abc import Sequence
from dataclasses import asdict

from slurm_energy.model.series import ClusterSignals, Record, Series
from slurm_energy.model.source import SourceState
from slurm_energy.service.answers import Answer, forecast_told, rounded, value_at
from slurm_energy.turn import Turn

AHEAD = 48 * 3600
"""Seconds of the future that are told."""


def signals(turn: Turn, sources: Sequence[SourceState]) -> Answer:
    """Every cluster's signals, how good all forecasts have been, the effective price by class."""
    return {
        "at": turn.at,
        "clusters": [_signals(name, known, turn) for name, known in turn.signals.items()],
        "sources": [_source(one) for one in sources],
    }


def _source(state: SourceState) -> Answer:
    """How fetching from one provider goes."""
    return {**asdict(state), "signal": state.signal.name.lower(), "up": state.up}


def _signals(name: str, known: ClusterSignals, turn: Turn) -> Answer:
    return {
        "cluster": name,
        "pue": rounded(value_at(known.pue, turn.at)),
        "carbon": _series(known.carbon, turn.at, known.pue),
        "price": _series(known.price, turn.at, known.pue),
        "records": {
            signal.name.lower(): [_record(one) for one in records]
            for signal, records in known.records.items()
        },
        "effective": {
            workload_class.value: None if curve is None else rounded(curve.at(turn.at))
            for workload_class, curve in turn.curves.get(name, {}).items()
        },
        "problems": list(known.problems),
    }


def _series(series: Series | None, now: int, pue: Series | None) -> Answer | None:
    """A signal at the meter, and what it comes to per kWh of the machines."""
    if series is None:
        return None
    value, factor = series.at(now), value_at(pue, now)
    ahead = [
        [time, value]
        for time, value in zip(series.times, series.values, strict=True)
        if now < time < now + AHEAD
    ]
    return {
        "value": value,
        "with_pue": None if value is None or factor is None else rounded(value * factor),
        "unit": series.signal.value,
        "kind": None if series.kind is None else series.kind.name.lower(),
        "source": series.source,
        "issued": series.issued,
        "age": series.age(now),
        "since": series.times[0] if series.times else None,
        "gaps": [list(gap) for gap in series.gaps],
        "ends": series.end,
        "next": ahead,
        "forecast": forecast_told(series.forecast),
    }


def _record(record: Record) -> Answer:
    """How good one source of forecasts has been, whether it is used or not."""
    return {
        "source": record.name,
        "rank": rounded(record.rank),
        "error": rounded(record.error),
        "days": rounded(record.days),
    }
