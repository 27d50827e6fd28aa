"""The site that the hook's tests stand on: its rules, its table of now, the moment."""

from slurm_energy.model.contract import Region, WorkloadClass
from slurm_energy.model.lease import Lease
from slurm_energy.model.rules import ClusterRule, JobRule, Mode, Rules
from slurm_energy.slurm.tables import NowTable, render_now

NOW = 1_800_000_000
"""2027-01-15T08:00Z, a Friday."""
HOUR = 3_600
RULES = Rules(
    mode=Mode.LIVE,
    clusters=(
        ClusterRule("east", ("de",), Region.PRIMARY),
        ClusterRule("west", ("ch",), Region.SECONDARY),
    ),
    job_rules=(JobRule("nightly", WorkloadClass.EVALUATION, job_name=("eval-*",)),),
)
TABLE = NowTable(
    cluster="east",
    mode=Mode.LIVE,
    issued=NOW - 10,
    expires=NOW + 90,
    cycle=30,
    leases=(Lease(WorkloadClass.EVALUATION, NOW + HOUR),),
)
EVALUATION = "energy:class=evaluation"


DAMAGED_TABLES: dict[str, str | bytes] = {
    "empty": "",
    "truncated": render_now(TABLE)[:-4],
    "no-end": render_now(TABLE).replace("end\n", ""),
    "more-after-end": render_now(TABLE) + "lease class=training until=9\n",
    "junk-after-end": render_now(TABLE) + "x",
    "other-version": render_now(TABLE).replace("-now 1", "-now 2"),
    "code": "os.execute('touch /tmp/pwned')\n",
    "code-in-value": render_now(TABLE).replace("cluster=east", "cluster=os.exit()"),
    "unknown-record": render_now(TABLE).replace("lease ", "leash "),
    "unknown-key": render_now(TABLE).replace("cycle=30", "cycle=30 colour=red"),
    "missing-key": render_now(TABLE).replace(" cycle=30", ""),
    "key-twice": render_now(TABLE).replace("cycle=30", "cycle=30 cycle=31"),
    "negative": render_now(TABLE).replace("cycle=30", "cycle=-30"),
    "hex": render_now(TABLE).replace("cycle=30", "cycle=0x30"),
    "huge-number": render_now(TABLE).replace("cycle=30", "cycle=9999999999999"),
    "double-space": render_now(TABLE).replace(" cycle", "  cycle"),
    "crlf": render_now(TABLE).replace("\n", "\r\n"),
    "unknown-class": render_now(TABLE).replace("class=evaluation", "class=unmanaged"),
    "unknown-mode": render_now(TABLE).replace("mode=live", "mode=turbo"),
    "nul": render_now(TABLE).replace("east", "ea\0st"),
    "binary": bytes(range(256)) * 4,
    "huge": render_now(TABLE).replace("end\n", "lease class=training until=9\n" * 4_000 + "end\n"),
    "one-huge-line": "x" * 1_000_000,
    "two-now": render_now(TABLE).replace("end\n", render_now(TABLE).split("\n")[1] + "\nend\n"),
}


def told(lines: list[str], text: str) -> bool:
    return any(text in line for line in lines)
