"""The guide names every table and column there is."""

from pathlib import Path

from slurm_energy.ledger.database import connect
from slurm_energy.ledger.migrate import migrate, shipped

GUIDE = Path(__file__).parents[2] / "docs" / "ledger.md"


def test_every_column_is_in_the_guide(url: str) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    with connect(url) as connection:
        migrate(connection, shipped())
        columns = connection.execute(
            "SELECT table_name, column_name FROM information_schema.columns"
            " WHERE table_schema = 'slurm_energy'"
        ).fetchall()
    assert len(columns) > 60
    names = {name for pair in columns for name in pair}
    assert [name for name in sorted(names) if f"`{name}`" not in text] == []
