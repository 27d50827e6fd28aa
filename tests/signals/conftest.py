from collections.abc import Iterator

import pytest

from tests.signals.speaker import Speaker, speaking


@pytest.fixture
def speaker() -> Iterator[Speaker]:
    """A provider on the loopback."""
    with speaking() as one:
        yield one
