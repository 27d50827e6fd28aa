"""Percent-encoding for the annotation and the tables: what Lua can read without a library."""

import re
from collections.abc import Iterable
from urllib.parse import quote_from_bytes, unquote_to_bytes

_SAFE = "-._:/@<"
_TEXT = re.compile(r"(?:[A-Za-z0-9._:/@<-]|%[0-9A-F]{2})+")


def encode(text: str) -> str:
    """``text`` with every byte outside ``A-Z a-z 0-9 - . _ : / @ <`` as ``%XX``."""
    raw = text.encode(errors="surrogateescape")
    return quote_from_bytes(raw, safe=_SAFE).replace("~", "%7E")


def decode(text: str) -> str | None:
    """What :func:`encode` was given; None where ``text`` is empty or never came from it."""
    if not _TEXT.fullmatch(text):
        return None
    return unquote_to_bytes(text).decode(errors="surrogateescape")


def encode_list(names: Iterable[str]) -> str:
    """The names, encoded and joined by ``+``."""
    return "+".join(encode(name) for name in names)


def decode_list(text: str) -> tuple[str, ...] | None:
    """What :func:`encode_list` was given; None where an item is empty or damaged."""
    names = tuple(decode(item) for item in text.split("+"))
    return tuple(name for name in names if name is not None) if None not in names else None
