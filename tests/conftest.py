"""Fixtures that every room's tests may ask for."""

from tests.postgres import server, url

__all__ = ["server", "url"]
