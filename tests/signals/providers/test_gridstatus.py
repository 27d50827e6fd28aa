"""US day-ahead prices: the library reads NYISO's documented files from a local server."""

import inspect
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import gridstatus
import pytest

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.signals.providers.gridstatus import OPERATORS, GridStatus
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.web import Web
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.providers.fetching import DAY, fetched
from tests.signals.speaker import Says, Speaker

NEW_YORK = ZoneInfo("America/New_York")
TODAY = datetime.fromtimestamp(NOON, NEW_YORK).replace(hour=0, minute=0, second=0)
WEST = GridStatus("NYISO", "WEST")
HEADER = (
    '"Time Stamp","Name","PTID","LBMP ($/MWHr)",'
    '"Marginal Cost Losses ($/MWHr)","Marginal Cost Congestion ($/MWHr)"\n'
)


@pytest.fixture
def nyiso(speaker: Speaker, monkeypatch: pytest.MonkeyPatch) -> Speaker:
    """Where the library looks for NYISO's postings."""
    monkeypatch.setattr("gridstatus.nyiso.OASIS_POSTINGS_URL", speaker.address)
    return speaker


def day_of(lead: int) -> int:
    return int((TODAY + timedelta(days=lead)).timestamp())


def prices(day: datetime, price: Callable[[int], float], name: str, number: int) -> Says:
    rows = "".join(
        f'"{day:%m/%d/%Y} {hour:02}:00","{name}",{number},{price(hour)},1.00,-3.00\n'
        for hour in range(24)
    )
    return Says(HEADER + rows)


def says(nyiso: Speaker, back: int = 1, ahead: int = 1) -> None:
    """Days from ``back`` ago to ``ahead``: 100 dollars more each day, a dollar each hour."""

    def zone(lead: int) -> Callable[[int], float]:
        return lambda hour: 100.0 * lead + hour

    for lead in range(-back, ahead + 1):
        day = TODAY + timedelta(days=lead)
        path = f"CSV/{day:%Y/%m/%d}/damlbmp"
        west = prices(day, zone(lead), "WEST", 61752)
        nyiso.says(f"/DAM_LBMP_ZONE/{path}_zone-{day:%Y%m%d}.csv", west)
        plant = prices(day, lambda _: 7.0, "ADK HUDSON___FALLS", 24011)
        nyiso.says(f"/DAM_LBMP_GEN/{path}_gen-{day:%Y%m%d}.csv", plant)


def test_prices_of_a_zone_reach_to_the_end_of_the_auction(nyiso: Speaker) -> None:
    says(nyiso)
    series = some(fetched(nyiso, WEST, currency="USD").series)
    assert series.at(NOON) == datetime.fromtimestamp(NOON, NEW_YORK).hour
    assert (series.at(day_of(-1)), series.at(day_of(1))) == (-100, 100)
    assert series.end == day_of(2)


def test_before_the_auction_today_is_told(nyiso: Speaker) -> None:
    says(nyiso, ahead=0)
    assert some(fetched(nyiso, WEST, currency="USD").series).end == day_of(1)


def test_at_first_a_week_is_asked_for(nyiso: Speaker) -> None:
    says(nyiso, back=7)
    assert some(fetched(nyiso, WEST, since=NOON - 28 * DAY, currency="USD").series).times[
        0
    ] == day_of(-7)


def test_a_site_that_counts_otherwise_is_told_so(nyiso: Speaker) -> None:
    says(nyiso)
    with pytest.raises(SeriesError, match=r"counts in EUR; .* or set signals\.currency"):
        fetched(nyiso, WEST)


@pytest.mark.parametrize("said", [Says("oops", 503), Says("<html></html>"), Says("")])
def test_what_goes_wrong_is_one_line(nyiso: Speaker, said: Says) -> None:
    nyiso.says("/*", said)
    with pytest.raises(ProviderError, match=r"gridstatus NYISO WEST: no prices of \d{4}-\d\d-\d\d"):
        fetched(nyiso, WEST, currency="USD")


def test_a_location_that_does_not_exist_is_named_beside_some_that_do(nyiso: Speaker) -> None:
    says(nyiso)
    with pytest.raises(SeriesError, match="no location 'WESTT'; it has ADK HUDSON"):
        fetched(nyiso, GridStatus("NYISO", "WESTT"))


@pytest.mark.parametrize("name", OPERATORS)
def test_the_library_has_what_every_operator_is_asked_with(name: str) -> None:
    operator = OPERATORS[name]
    made = getattr(gridstatus, operator.name)
    taken = inspect.signature(getattr(made, operator.method)).parameters
    assert "date" in taken
    assert not operator.by_location or {"market", "locations"} <= set(taken)
    assert ZoneInfo(made.default_timezone) is not None


def test_a_key_that_is_not_there_is_one_line() -> None:
    hub = GridStatus("PJM", "WESTERN HUB", Secret("/nowhere/key"))
    with pytest.raises(ProviderRefused, match="No such file"):
        hub.fetch(Web("pjm", ""), NOON - DAY, NOON)
