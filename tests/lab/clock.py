"""A host's daemon by a clock of its own, which a test sets; Slurm and everybody else keep theirs.

A nspawn machine shares the clock of the machine outside. So the daemon's unit preloads a library
that tells another time of day (``clock.c``); its sandbox, Slurm, the database and the provider are
the real ones. The daemon's workers and Slurm's commands below it have its clock.
"""

import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from lab.host import Host

LIBRARY = "/usr/local/lib/another-clock.so"
AHEAD = "/etc/slurm-energy/clock"
UNIT = "/run/systemd/system/slurm-energyd.service.d/another-clock.conf"


class Clock:
    """The clock of one host's daemon."""

    def __init__(self, host: Host) -> None:
        self._host = host

    def set(self, ahead: int) -> None:
        """From now on it is so many seconds ahead of the true one."""
        self._host.write(AHEAD, f"{ahead}\n")


@contextmanager
def another_clock(host: Host) -> Iterator[Clock]:
    """The daemon of this host, from its next start on, by a clock that is right at first."""
    clock = Clock(host)
    clock.set(0)
    with tempfile.TemporaryDirectory() as folder:
        built = Path(folder, Path(LIBRARY).name)
        source = Path(__file__).with_name("clock.c")
        subprocess.run(["cc", "-O1", "-shared", "-fPIC", "-o", built, source], check=True)
        host.copy_in(built, str(Path(LIBRARY).parent))
    host.write(UNIT, f"[Service]\nEnvironment=LD_PRELOAD={LIBRARY}\n")
    host.systemctl("daemon-reload")
    try:
        yield clock
    finally:
        host.run(["rm", "-f", UNIT, LIBRARY, AHEAD])
        host.systemctl("daemon-reload")
