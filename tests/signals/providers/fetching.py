"""What tests of providers share: a fetch over the local server, through the door."""

from datetime import UTC, datetime
from pathlib import Path

from slurm_energy.signals.door import admit
from slurm_energy.signals.offer import Provider
from slurm_energy.signals.reading import Reading
from slurm_energy.signals.secret import Secret
from slurm_energy.signals.web import Web
from tests.signals.builders import NOON
from tests.signals.speaker import Says, Speaker

TOKEN = "tok-5a7f"  # noqa: S105 - no token of anybody
HOUR = 3600
DAY = 86_400

BROKEN = [
    (Says("no", 401), "HTTP 401 Unauthorized; the token is wrong"),
    (Says("no", 403), "HTTP 403 Forbidden"),
    (Says("slower", 429, {"Retry-After": "60"}), "HTTP 429 Too Many Requests"),
    (Says("oops", 503), "HTTP 503 Service Unavailable"),
    (Says('{"history": [{"da'), "no whole JSON document"),
    (Says("<!doctype html><title>Sign in</title>"), "HTML instead of JSON"),
    (Says('{"renamed": []}'), "is missing; the provider changed its form?"),
    (Says('{"history": [], "data": [], "meta": {}}', cut=True), "the answer broke off"),
]
"""Ways of a provider to fail, and what the line about it says."""


def stamp(time: int) -> str:
    """ISO 8601 in UTC with milliseconds, as most write it."""
    return datetime.fromtimestamp(time, UTC).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def secret(folder: Path, text: str = TOKEN) -> Secret:
    """A token in a file."""
    path = folder / "token"
    path.write_text(f"{text}\n", encoding="utf-8")
    return Secret(str(path))


def fetched(
    speaker: Speaker,
    provider: Provider,
    since: int = NOON - DAY,
    now: int = NOON,
    currency: str = "EUR",
) -> Reading:
    """What one fetch tells."""
    web = Web(provider.about.name, speaker.address, deadline=5)
    return admit(provider.fetch(web, since, now), provider.about, currency, now)
