"""What was measured of the signals: appended once, corrected by a later issue, read as a series."""

from collections.abc import Iterable

from slurm_energy.ledger.database import Connection
from slurm_energy.ledger.rows import Columns, clean
from slurm_energy.ledger.session import Session
from slurm_energy.model.history import Measured, Step, Topic, series_of
from slurm_energy.model.series import Series


class HistoryTable:
    """Implements :class:`~slurm_energy.ports.SignalHistory` in the ledger."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def record(self, told: Iterable[Measured]) -> int:
        """Append in one transaction what is not known; how many rows. Raises ``LedgerError``."""
        pieces = [piece for piece in told if piece.steps]
        return self._session.run(lambda open_: _insert(open_, pieces)) if pieces else 0

    def load(self, told: Iterable[Measured]) -> int:
        """As :meth:`record`, taking the pieces one by one as they are written."""
        return self._session.run(lambda open_: _insert(open_, told))

    def read(self, topic: Topic, since: int, until: int) -> Series | None:
        """What began in ``[since, until)``; None for nothing. Raises ``LedgerError``."""
        rows = self._session.run(lambda connection: _select(connection, topic, since, until))
        if not rows:
            return None
        steps = [Step(at, held_until, value) for at, held_until, value, _ in rows]
        return series_of(topic, "the ledger", max(row[3] for row in rows), steps)


def _insert(connection: Connection, told: Iterable[Measured]) -> int:
    with connection.transaction():
        return sum(connection.execute(_APPEND, _columns(piece)).rowcount for piece in told)


def _select(
    connection: Connection, topic: Topic, since: int, until: int
) -> list[tuple[int, int, float, int]]:
    return connection.execute(_READ, [*_names(topic), since, until]).fetchall()


def _columns(told: Measured) -> Columns:
    names, source = _names(told.topic), clean(told.source)
    rows = [(*names, *step, source, told.issued) for step in told.steps]
    return [list(column) for column in zip(*rows, strict=True)]


def _names(topic: Topic) -> tuple[str, str, str]:
    kind = "" if topic.kind is None else topic.kind.name.lower()
    return clean(topic.cluster), topic.signal.name.lower(), kind


_APPEND = b"""
INSERT INTO slurm_energy.signal_history (cluster, signal, kind, at, until, value, source, issued)
SELECT cluster, signal, kind, to_timestamp(at), to_timestamp(until), value, source,
    to_timestamp(issued)
FROM unnest(%s::text[], %s::text[], %s::text[], %s::bigint[], %s::bigint[],
    %s::double precision[], %s::text[], %s::bigint[])
AS given (cluster, signal, kind, at, until, value, source, issued)
LEFT JOIN LATERAL (
    SELECT known.issued AS known_issued, known.value AS known_value, known.until AS known_until
    FROM slurm_energy.signal_history AS known
    WHERE (known.cluster, known.signal, known.kind, known.at, known.source)
        = (given.cluster, given.signal, given.kind, to_timestamp(given.at), given.source)
    ORDER BY known.issued DESC
    LIMIT 1
) AS newest ON true
WHERE known_issued IS NULL
    OR (known_issued < to_timestamp(issued)
        AND (known_value, known_until) <> (value, to_timestamp(until)))
ON CONFLICT DO NOTHING
"""

_READ = b"""
SELECT DISTINCT ON (at) extract(epoch FROM at)::bigint, extract(epoch FROM until)::bigint, value,
    extract(epoch FROM issued)::bigint
FROM slurm_energy.signal_history
WHERE cluster = %s AND signal = %s AND kind = %s
    AND at >= to_timestamp(%s::bigint) AND at < to_timestamp(%s::bigint)
ORDER BY at, issued DESC, source
"""
