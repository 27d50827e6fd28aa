"""What GPU types draw; the configuration overrides it.

Board limits are those of the vendors' data sheets and product briefs (NVIDIA: maximum power or
thermal design power; AMD: peak board power), read in them or in tables that quote them. Types whose
limit could not be read anywhere are left out: a site names them itself.
"""

import re
from collections.abc import Container, Mapping

from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.power import GpuPower, PowerModel

IDLE_SHARE = 0.12
"""Idle draw as a share of the board's limit: a prior between an H200 seen idle at 74 of 700 W (a
vendor's case study) and the 60 of 400 W that the simulator's nodes assume."""

TRAINING_SHARE = 0.76
"""Newkirk et al. 2025 (arXiv 2506.14551): heavy training on eight H100s draws 76 % of the node's
rating; taken for the boards alike."""

OTHER_SHARE = 0.45
"""Mean of the A100s (400 W) of a real cluster that develops language models: 168 to 191 W (Acme,
NSDI'24)."""

CPU_WATTS = 3.0
"""An allocated CPU: a socket of 64 cores and 128 threads is limited to 360 W (EPYC 9554)."""

LIMITS: Mapping[str, float] = {
    "v100": 300,
    "t4": 70,
    "a30": 165,
    "a40": 300,
    "a100": 400,
    "l4": 72,
    "l40s": 350,
    "h100": 700,
    "h200": 700,
    "b200": 1000,
    "mi210": 300,
    "mi250x": 560,
    "mi300x": 750,
}
"""Board limit in W, of the socketed variant where there are several: V100 SXM2, A100, H100, H200
and B200 SXM. Cards for a PCIe slot draw less: a V100 at most 250 W, an H100 350 W."""

BOARDS: Mapping[str, GpuPower] = {
    name: GpuPower(round(IDLE_SHARE * watts), watts) for name, watts in LIMITS.items()
}
"""By type as sites name them in gres.conf, lower case."""

SHARES: Mapping[WorkloadClass, float] = {
    name: TRAINING_SHARE if name is WorkloadClass.TRAINING else OTHER_SHARE
    for name in WorkloadClass
}

_WORDS = re.compile(r"[a-z0-9]+")
"""Found by NVML, types are named like ``nvidia_h100_80gb_hbm3``."""
_SLICE = re.compile(r"\d+g\.\d+gb")
"""A MIG profile such as ``1g.10gb``: not a whole GPU, so only a site can tell what it is like."""


def known_as(name: str, known: Container[str]) -> str:
    """The name under which a type is known, lower case; its own where nothing of it is known."""
    name = name.lower()
    if name in known or _SLICE.search(name):
        return name
    return next((word for word in _WORDS.findall(name) if word in known), name)


DEFAULT_MODEL = PowerModel(gpus=BOARDS, shares=SHARES, cpu=CPU_WATTS)
"""The prior; own history of energy, where a site has it, comes before it."""
