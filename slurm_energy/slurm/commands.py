"""Runs Slurm's commands: argument lists, a time limit, one cluster's configuration, no shell."""

import json
import os
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from slurm_energy.errors import SlurmUnavailable

_PATH = "/usr/local/bin:/usr/bin:/bin:/opt/slurm/bin"
# Nothing of the daemon's own environment may change what the commands print.
_FIXED = {
    "LANG": "C.UTF-8",
    "SLURM_TIME_FORMAT": "%s",
    "SLURM_BITSTR_LEN": "0",
}


@dataclass(frozen=True, slots=True)
class Answer:
    """What a command said and how it ended."""

    code: int
    out: str
    err: str

    @property
    def complaint(self) -> str:
        """One line for a person."""
        lines = (self.err or self.out).strip().splitlines()
        return lines[-1] if lines else f"exit status {self.code}"


@dataclass(frozen=True, slots=True)
class Commands:
    """Slurm's commands for the cluster of one configuration file."""

    conf: str | None
    """Path of its slurm.conf; None for the one Slurm finds itself."""
    limit: float
    """Longest one command may take, in seconds."""

    def run(self, argv: Sequence[str], stdin: str = "") -> Answer:
        """Run one command. Raises ``SlurmUnavailable`` when it is missing or too slow."""
        try:
            done = subprocess.run(
                argv,
                input=stdin.encode(),
                capture_output=True,
                timeout=self.limit,
                env=self._environment(),
                check=False,
            )
        except subprocess.TimeoutExpired:
            raise SlurmUnavailable(f"{argv[0]} gave no answer in {self.limit:g} s") from None
        except OSError as error:
            raise SlurmUnavailable(
                f"{argv[0]} can't be run ({error.strerror}); install Slurm's client commands"
            ) from None
        return Answer(done.returncode, *(_decode(text) for text in (done.stdout, done.stderr)))

    def text(self, argv: Sequence[str]) -> str:
        """What one command printed. Raises ``SlurmUnavailable`` when it failed."""
        answer = self.run(argv)
        if answer.code:
            raise SlurmUnavailable(f"{' '.join(argv[:3])}: {answer.complaint}")
        return answer.out

    def json(self, argv: Sequence[str]) -> Mapping[str, Any]:
        """The JSON object one command printed. Raises ``SlurmUnavailable``."""
        text = self.text(argv)
        try:
            value = json.loads(text)
        except ValueError as error:
            raise SlurmUnavailable(f"{' '.join(argv[:3])}: no JSON ({error})") from None
        if not isinstance(value, dict):
            raise SlurmUnavailable(f"{' '.join(argv[:3])}: JSON, but no object")
        return value

    def _environment(self) -> dict[str, str]:
        environment = _FIXED | {"PATH": f"{os.environ.get('PATH', '')}:{_PATH}"}
        if self.conf is not None:
            environment["SLURM_CONF"] = self.conf
        return environment


def _decode(data: bytes) -> str:
    return data.decode("utf-8", "replace")
