"""ENTSO-E's Transparency Platform, in its documented form, over a local server."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path

import pytest

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.model.series import Kind
from slurm_energy.signals.providers.entsoe import EntsoeCarbon, EntsoePrice
from tests.builders import some
from tests.signals.builders import NOON
from tests.signals.providers.fetching import DAY, HOUR, TOKEN, fetched, secret
from tests.signals.speaker import Says, Speaker

NAMESPACE = "urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0"
GAS, WIND, PUMPED, SOLAR = "B04", "B19", "B10", "B16"
NOTHING = """<?xml version="1.0" encoding="UTF-8"?>
<Acknowledgement_MarketDocument><Reason><code>999</code>
<text>No matching data found for Data item</text></Reason></Acknowledgement_MarketDocument>"""


def moment(time: int) -> str:
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%MZ")


def period(start: int, label: str, values: Sequence[float], minutes: int = 60) -> str:
    end = start + 60 * minutes * len(values)
    points = "".join(
        f"<Point><position>{number}</position><{label}>{value}</{label}></Point>"
        for number, value in enumerate(values, start=1)
    )
    return (
        f"<Period><timeInterval><start>{moment(start)}</start><end>{moment(end)}</end>"
        f"</timeInterval><resolution>PT{minutes}M</resolution>{points}</Period>"
    )


def generation(types: Mapping[str, Sequence[float]], consumed: str = "") -> Says:
    series = "".join(
        f"<TimeSeries><inBiddingZone_Domain.mRID>10Y</inBiddingZone_Domain.mRID>"
        f"<curveType>A01</curveType><MktPSRType><psrType>{code}</psrType></MktPSRType>"
        f"{period(NOON - 3 * HOUR, 'quantity', values)}</TimeSeries>"
        for code, values in types.items()
    )
    return Says(f'<GL_MarketDocument xmlns="{NAMESPACE}">{series}{consumed}</GL_MarketDocument>')


def pumping(*values: float) -> str:
    return (
        "<TimeSeries><outBiddingZone_Domain.mRID>10Y</outBiddingZone_Domain.mRID>"
        f"<curveType>A01</curveType><MktPSRType><psrType>{PUMPED}</psrType></MktPSRType>"
        f"{period(NOON - 3 * HOUR, 'quantity', values)}</TimeSeries>"
    )


def prices(start: int, *values: float, minutes: int = 15) -> Says:
    return Says(
        "<Publication_MarketDocument><TimeSeries><curveType>A03</curveType>"
        "<currency_Unit.name>EUR</currency_Unit.name>"
        "<price_Measure_Unit.name>MWH</price_Measure_Unit.name>"
        f"{period(start, 'price.amount', values, minutes)}"
        "</TimeSeries></Publication_MarketDocument>"
    )


def test_generation_by_type_is_an_intensity_by_life_cycle_factors(
    speaker: Speaker, tmp_path: Path
) -> None:
    speaker.says("*", generation({GAS: [100, 50, 0], WIND: [0, 50, 100]}, pumping(5, 5, 5)))
    series = some(fetched(speaker, EntsoeCarbon("DE_LU", secret(tmp_path))).series)
    assert list(series.values) == pytest.approx([490, 250.5, 11])
    assert (series.times[0], series.end) == (NOON - 3 * HOUR, NOON)
    assert series.kind is Kind.AVERAGE


def test_the_token_travels_in_the_query_to_the_address_that_is_configured(
    speaker: Speaker, tmp_path: Path
) -> None:
    speaker.says("*", generation({GAS: [1, 1, 1]}))
    fetched(speaker, EntsoeCarbon("DE_LU", secret(tmp_path)))
    query = speaker.asked[0].query
    assert query["securityToken"] == TOKEN
    assert (query["documentType"], query["processType"]) == ("A75", "A16")
    assert query["in_Domain"] == "10Y1001A1001A82H"


def test_an_hour_that_one_type_lacks_is_not_known(speaker: Speaker, tmp_path: Path) -> None:
    speaker.says("*", generation({GAS: [100, 50, 40], SOLAR: [10, 20]}))
    series = some(fetched(speaker, EntsoeCarbon("DE_LU", secret(tmp_path))).series)
    assert series.end == NOON - HOUR


def test_day_ahead_prices_are_as_fine_as_they_are_told_and_may_be_negative(
    speaker: Speaker, tmp_path: Path
) -> None:
    start = NOON - NOON % DAY
    speaker.says("*", prices(start, *(index - 60.0 for index in range(192))))
    series = some(fetched(speaker, EntsoePrice("DE_LU", secret(tmp_path))).series)
    index = (NOON - start) // 900
    assert [series.at(NOON + 900 * ahead) for ahead in range(2)] == [index - 60, index - 59]
    assert series.end == start + 2 * DAY
    assert speaker.asked[0].query["documentType"] == "A44"


@pytest.mark.parametrize("make", [EntsoeCarbon, EntsoePrice])
@pytest.mark.parametrize(
    ("said", "line"),
    [
        (Says("no", 401), "HTTP 401 Unauthorized; the token is wrong"),
        (Says("slower", 429, {"Retry-After": "60"}), "HTTP 429"),
        (Says("oops", 503), "HTTP 503"),
        (Says(NOTHING, headers={"Content-Type": "text/xml"}), "no data for DE_LU"),
        (Says(NOTHING, cut=True), "the answer broke off"),
        (Says("<html>sign in</html>"), "HTML instead of XML"),
        (
            Says("<doc><TimeSeries><Period></Period></TimeSeries></doc>"),
            "a document that entsoe-py can't read",
        ),
    ],
)
def test_what_goes_wrong_is_one_line_without_the_token(
    speaker: Speaker,
    tmp_path: Path,
    make: type[EntsoeCarbon] | type[EntsoePrice],
    said: Says,
    line: str,
) -> None:
    speaker.says("*", said)
    with pytest.raises((ProviderError, SeriesError), match=line) as raised:
        fetched(speaker, make("DE_LU", secret(tmp_path)))
    assert TOKEN not in str(raised.value)


def test_a_zone_that_does_not_exist_is_refused_before_anybody_is_asked(
    speaker: Speaker, tmp_path: Path
) -> None:
    with pytest.raises(ProviderRefused, match="'XX' is no zone of entsoe-py; write DE_LU"):
        fetched(speaker, EntsoePrice("XX", secret(tmp_path)))
    assert speaker.asked == []
