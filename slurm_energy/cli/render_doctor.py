"""``doctor`` as text and as JSON."""

import textwrap
from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

import click

from slurm_energy.cli.context import Screen
from slurm_energy.service.finding import Finding, Verdict

_COLOURS = {Verdict.OK: "green", Verdict.WARN: "yellow", Verdict.FAIL: "red"}


def doctor_answer(findings: Sequence[Finding]) -> list[dict[str, Any]]:
    """The findings as plain values."""
    return [asdict(finding) for finding in findings]


def render_doctor(findings: Sequence[Finding], screen: Screen) -> list[str]:
    """One line a finding, its cure below where something is wrong."""
    return [line for finding in findings for line in _finding(finding, screen)]


def _finding(finding: Finding, screen: Screen) -> list[str]:
    mark = click.style(finding.verdict.value.ljust(4), fg=_COLOURS[finding.verdict])
    first, *rest = _wrapped(f"{finding.name}: {finding.seen}", screen)
    lines = [f"{mark}  {first}", *(f"      {line}" for line in rest)]
    if finding.cure:
        lines += [f"      {line}" for line in _wrapped(f"cure: {finding.cure}", screen)]
    return lines


def _wrapped(text: str, screen: Screen) -> list[str]:
    return [text] if screen.width is None else textwrap.wrap(text, max(20, screen.width - 6))
