"""What stays of a job's name from one submission to the next: ``train-42`` and ``train-43``."""

import re

WILD = "*"
"""Stands for what was left out."""
LONGEST = 60
"""Characters of a stem; names of a job per line of a script are no stems."""

_HASH = re.compile(r"(?<![0-9a-z])(?=[a-f]*[0-9])[0-9a-f]{6,}(?![0-9a-z])")
_NUMBER = re.compile(r"(?<![0-9a-z])[0-9]+(?![0-9a-z])|[0-9]+$")
_WILDS = re.compile(r"\*(?:[-_.:/=,+ @]*\*)+")


def stem(name: str) -> str:
    """The name in lower case without counters, dates and hashes; empty for an empty name.

    A number that belongs to a word stays (``7b``, ``resnet50-eval``): it often names another
    amount of work. One that stands alone or ends the name goes, as does a hexadecimal word of six
    characters or more.
    """
    short = _HASH.sub(WILD, name.lower())
    return _WILDS.sub(WILD, _NUMBER.sub(WILD, short))[:LONGEST]
