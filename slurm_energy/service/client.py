"""Asks the local daemon over its socket."""

import json
import socket
from pathlib import Path
from typing import Any

from slurm_energy.errors import DaemonUnavailable, InputError, NotPermitted, SlurmEnergyError
from slurm_energy.service.answers import Answer
from slurm_energy.service.questions import KINDS

SECONDS = 30.0
"""Longest we wait for the daemon: a question to the ledger may take a while."""
ANSWER_BYTES = 256 * 1024 * 1024


def ask(path: Path, question: str, **arguments: Any) -> Answer:
    """The daemon's answer.

    Raises ``DaemonUnavailable`` where nobody answers, else what the daemon raised: ``InputError``,
    ``NotPermitted`` or their root.
    """
    request = json.dumps({"ask": question, **arguments}).encode() + b"\n"
    try:
        answer = json.loads(_exchange(path, request))
    except PermissionError as error:
        raise NotPermitted(f"{path} may not be opened: {error.strerror}") from error
    except (OSError, ValueError) as error:
        raise DaemonUnavailable(
            f"the daemon does not answer on {path} ({error}); see systemctl status slurm-energyd"
        ) from error
    if not isinstance(answer, dict):
        raise DaemonUnavailable(f"{path} gave no answer that makes sense; is it our daemon?")
    if "error" in answer:
        raise _error(str(answer.get("kind")), str(answer["error"]))
    return answer


def _exchange(path: Path, request: bytes) -> bytes:
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_CLOEXEC) as end:
        end.settimeout(SECONDS)
        end.connect(str(path))
        end.sendall(request)
        answer = bytearray()
        while part := end.recv(1 << 16):
            answer += part
            if len(answer) > ANSWER_BYTES:
                raise ValueError(f"more than {ANSWER_BYTES} bytes")
        return bytes(answer)


def _error(kind: str, message: str) -> SlurmEnergyError:
    kinds = {name: of for of, name in KINDS}
    of = kinds.get(kind, SlurmEnergyError)
    if of in (InputError, NotPermitted, DaemonUnavailable):
        return of(message)
    return SlurmEnergyError(message)
