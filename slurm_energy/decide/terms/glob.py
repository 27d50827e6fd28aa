"""Job-name globs of ``*`` and ``?`` in linear space and no backtracking blow-up."""

from collections.abc import Iterable


def matches_any(patterns: Iterable[str], name: str) -> bool:
    """True when one of the globs covers the whole name."""
    return any(matches(pattern, name) for pattern in patterns)


def matches(pattern: str, name: str) -> bool:
    """True when the glob covers the whole name; ``?`` is one byte of UTF-8, as in the hook."""
    glob, text = (part.encode(errors="surrogateescape") for part in (pattern, name))
    at_glob = at_text = 0
    star, resume = -1, 0
    while at_text < len(text):
        here = glob[at_glob : at_glob + 1]
        if here == b"*":
            star, resume = at_glob, at_text
            at_glob += 1
        elif here == b"?" or (here and here == text[at_text : at_text + 1]):
            at_glob += 1
            at_text += 1
        elif star >= 0:
            resume += 1
            at_glob, at_text = star + 1, resume
        else:
            return False
    return not glob[at_glob:].strip(b"*")
