"""Runs on a host of the laboratory as an ordinary user: submits jobs one by one, prints seconds.

Not imported by anything here: ``controller.py`` copies it in. It stands alone on the host's Python
and pyslurm. The only argument is a JSON object: how (``sbatch`` or ``pyslurm``), jobs, name,
comments (taken in turn).
"""

import itertools
import json
import subprocess
import sys
import time

SCRIPT = "#!/bin/sh\ntrue\n"


def by_sbatch(name: str, comment: str) -> None:
    """As users do: a process for each job."""
    argv = ["sbatch", "--quiet", f"--job-name={name}", "--time=60", "--output=/dev/null"]
    argv += [f"--comment={comment}"] if comment else []
    subprocess.run([*argv, "--wrap=true"], check=True, stderr=subprocess.DEVNULL)


def by_pyslurm(name: str, comment: str) -> None:
    """As a program does: one request for each job, without a process."""
    import pyslurm

    fields = {"name": name, "script": SCRIPT, "time_limit": 60, "working_directory": "/tmp"}
    fields |= {"comment": comment} if comment else {}
    pyslurm.JobSubmitDescription(environment={"PATH": "/usr/bin:/bin"}, **fields).submit()


def main() -> None:
    spec = json.loads(sys.argv[1])
    submit = {"sbatch": by_sbatch, "pyslurm": by_pyslurm}[spec["how"]]
    comments = itertools.cycle(spec["comments"])
    seconds = []
    for comment in itertools.islice(comments, spec["jobs"]):
        started = time.perf_counter()
        submit(spec["name"], comment)
        seconds.append(time.perf_counter() - started)
    json.dump(seconds, sys.stdout)


if __name__ == "__main__":
    main()
