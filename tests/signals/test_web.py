"""The door to the network: every way in which a provider can fail is one line, without secrets."""

import logging
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from httpx import Headers
from pydantic import BaseModel

from slurm_energy.errors import ProviderError, ProviderRefused, SeriesError
from slurm_energy.signals.web import Web, clock_ahead
from tests.builders import some
from tests.signals.speaker import Says, Speaker

MARK = "5a7f"


class Answer(BaseModel):
    zone: str
    value: float


GOOD = Says('{"zone": "DE", "value": 312.5}')


def ask(speaker: Speaker, deadline: float = 5.0) -> Answer:
    web = Web("maker DE", speaker.address, deadline)
    return web.json(Answer, "/v1/now", {"token": MARK}, {"auth-token": MARK})


def test_an_answer_in_its_documented_form_is_read(speaker: Speaker) -> None:
    speaker.says("/v1/now", GOOD)
    assert ask(speaker) == Answer(zone="DE", value=312.5)
    assert speaker.asked[0].query == {"token": MARK}
    assert speaker.asked[0].headers["auth-token"] == MARK


@pytest.mark.parametrize(
    ("said", "error", "told"),
    [
        (Says("no", 401), ProviderRefused, "HTTP 401 Unauthorized; the token is wrong"),
        (Says("no", 403), ProviderRefused, "HTTP 403 Forbidden; the token's plan"),
        (Says("no", 404), ProviderRefused, "HTTP 404 Not Found; no such zone"),
        (Says("no", 400), ProviderError, "HTTP 400 Bad Request; the question was not understood"),
        (Says("no", 422), ProviderError, "HTTP 422 Unprocessable"),
        (Says("no", 429), ProviderError, "HTTP 429 Too Many Requests"),
        (Says("no", 500), ProviderError, "HTTP 500 Internal Server Error"),
        (Says("no", 302, {"Location": "https://elsewhere"}), ProviderError, "HTTP 302 Found"),
        (Says('{"zone": "DE", "va'), SeriesError, "no whole JSON document"),
        (Says(GOOD.body, cut=True), ProviderError, "the answer broke off"),
        (Says("<html>sign in</html>"), SeriesError, "HTML instead of JSON"),
        (Says(""), SeriesError, "no whole JSON document"),
        (Says("[]"), SeriesError, "answer []"),
        (Says('{"zone": "DE"}'), SeriesError, "value is missing; the provider changed its form?"),
        (Says('{"zone": "DE", "value": "x"}'), SeriesError, "value 'x'"),
        (
            Says('{"zone": "DE", "value": 1}', headers={"X": "y"}, drip=0.05),
            ProviderError,
            "no end",
        ),
    ],
)
def test_every_failure_is_one_line_without_the_token(
    speaker: Speaker, said: Says, error: type[Exception], told: str
) -> None:
    speaker.says("/v1/now", said)
    with pytest.raises(error) as raised:
        ask(speaker, deadline=0.2)
    line = str(raised.value)
    assert told in line
    assert MARK not in line
    assert "\n" not in line


def test_nobody_there_is_one_line_without_the_token() -> None:
    with pytest.raises(ProviderError, match=r"maker DE: 127\.0\.0\.1/now: no connection") as raised:
        Web("maker DE", "http://127.0.0.1:9").json(Answer, "/now", {"token": MARK})
    assert MARK not in str(raised.value)


@pytest.mark.parametrize(
    ("header", "least", "most"),
    [("120", 120, 120), ("Fri, 01 Jan 2100 00:00:00 GMT", 86_400, 10**10), ("soon", None, None)],
)
def test_how_long_to_wait_is_taken_from_the_answer(
    speaker: Speaker, header: str, least: int | None, most: int | None
) -> None:
    speaker.says("/v1/now", Says("slower", 429, {"Retry-After": header}))
    with pytest.raises(ProviderError) as raised:
        ask(speaker)
    after = raised.value.retry_after
    assert after is None if least is None or most is None else least <= (after or 0) <= most


def test_what_has_not_changed_is_not_sent_again(speaker: Speaker) -> None:
    tagged = Says(
        GOOD.body, headers={"ETag": '"7"', "Last-Modified": "Mon, 02 Mar 2026 12:00:00 GMT"}
    )
    speaker.says("/v1/now", tagged, Says(status=304))
    web = Web("maker DE", speaker.address)
    first, second = (web.json(Answer, "/v1/now", {"zone": "DE"}) for _ in range(2))
    assert first == second
    assert speaker.asked[1].headers["If-None-Match"] == '"7"'
    assert speaker.asked[1].headers["If-Modified-Since"] == "Mon, 02 Mar 2026 12:00:00 GMT"


def test_another_question_is_asked_without_a_condition(speaker: Speaker) -> None:
    speaker.says("/v1/now", Says(GOOD.body, headers={"ETag": '"7"'}))
    web = Web("maker DE", speaker.address)
    web.json(Answer, "/v1/now", {"zone": "DE"})
    web.json(Answer, "/v1/now", {"zone": "FR"})
    assert "If-None-Match" not in speaker.asked[1].headers


def test_addresses_that_are_never_asked_again_take_no_room(speaker: Speaker) -> None:
    web = Web("maker DE", speaker.address)
    for hour in range(30):
        speaker.says(f"/v1/from/{hour}", Says(GOOD.body, headers={"ETag": '"7"'}))
        web.json(Answer, f"/v1/from/{hour}")
    assert len(web._seen) < 10
    assert "/v1/from/29" in web._seen


def test_no_address_is_logged(speaker: Speaker, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    speaker.says("/v1/now", GOOD)
    ask(speaker)
    assert MARK not in caplog.text


def test_the_providers_clock_is_compared_with_ours(speaker: Speaker) -> None:
    speaker.says("/v1/now", GOOD)
    web = Web("maker DE", speaker.address)
    assert web.clock_ahead is None
    web.json(Answer, "/v1/now")
    assert abs(some(web.clock_ahead)) <= 2


@pytest.mark.parametrize(
    ("seconds", "headers", "ahead"),
    [(3600, {}, 3600), (-900, {}, -900), (-900, {"Age": "900"}, 0), (0, {"Date": "soon"}, None)],
)
def test_a_clock_that_is_off_is_told_and_a_caches_age_is_none(
    seconds: int, headers: dict[str, str], ahead: int | None
) -> None:
    moment = datetime.now(UTC) + timedelta(seconds=seconds)
    found = clock_ahead(Headers({"Date": format_datetime(moment, usegmt=True), **headers}))
    assert found == (None if ahead is None else pytest.approx(ahead, abs=2))
