"""Runs on a host of the laboratory: the daemon's own cycle, turn after turn; prints what it took.

Not imported by anything here: ``controller.py`` copies it in. The only argument is a JSON object:
config (path of the daemon's configuration), turns.
"""

import json
import re
import sys
from pathlib import Path

from slurm_energy.wiring import build


def resident() -> dict[str, int]:
    """Resident bytes of this process, which is the daemon here, and of its workers."""
    found = {"daemon": _resident("self"), "worker": 0}
    for children in Path("/proc/self/task").glob("*/children"):
        for pid in children.read_text().split():
            if "worker_child" in Path(f"/proc/{pid}/cmdline").read_text():
                found["worker"] += _resident(pid)
    return found


def _resident(pid: str) -> int:
    line = re.search(r"VmRSS:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text())
    return int(line[1]) * 1024 if line else 0


def main() -> None:
    spec = json.loads(sys.argv[1])
    application = build(Path(spec["config"]))
    turns = []
    try:
        for _ in range(spec["turns"]):
            turn = application.cycle.turn()
            assert turn.record is not None
            sent = sum(len(found.updates) for found in turn.batches.values())
            turns.append(
                {
                    "seconds": turn.seconds,
                    "pending": turn.record.pending,
                    "deferred": turn.record.deferred,
                    "updates": sent if turn.leading else 0,
                    "problems": turn.problems,
                    "resident": resident(),
                }
            )
    finally:
        application.close()
    json.dump(turns, sys.stdout)


if __name__ == "__main__":
    main()
