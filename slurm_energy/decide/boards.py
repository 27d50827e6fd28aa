"""What GPU types draw and how fast they are, from data sheets; the configuration overrides it."""

from collections.abc import Mapping
from math import sqrt

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

_DATA_SHEETS: Mapping[str, tuple[float, float, float]] = {
    "v100": (300, 125, 900),
    "t4": (70, 65, 320),
    "a10": (150, 125, 600),
    "a30": (165, 165, 933),
    "a40": (300, 150, 696),
    "a100": (400, 312, 2039),
    "l4": (72, 121, 300),
    "l40s": (350, 362, 864),
    "h100": (700, 989, 3350),
    "h200": (700, 989, 4800),
    "b200": (1000, 2250, 8000),
    "mi210": (300, 181, 1638),
    "mi250x": (560, 383, 3277),
    "mi300x": (750, 1307, 5300),
}
"""Board limit in W, dense 16-bit tensor TFLOPS, memory bandwidth in GB/s, of the socketed variant
where there are several: V100 SXM2, A100 SXM 80 GB, H100, H200 and B200 SXM."""


def _speed(name: str) -> float:
    """Against an H100: the geometric mean of arithmetic and bandwidth.

    Jobs are bound by the one or the other; which, nobody tells. A site that has measured it says
    so in the configuration.
    """
    _, flops, bandwidth = _DATA_SHEETS[name]
    _, reference_flops, reference_bandwidth = _DATA_SHEETS["h100"]
    return round(sqrt(flops / reference_flops * bandwidth / reference_bandwidth), 2)


BOARDS: Mapping[str, GpuPower] = {
    name: GpuPower(round(IDLE_SHARE * watts), watts, _speed(name))
    for name, (watts, _, _) in _DATA_SHEETS.items()
}
"""By type as sites name them in gres.conf, lower case."""

SHARES: Mapping[WorkloadClass, float] = {
    name: TRAINING_SHARE if name is WorkloadClass.TRAINING else OTHER_SHARE
    for name in WorkloadClass
}

DEFAULT_MODEL = PowerModel(gpus=BOARDS, shares=SHARES, cpu=CPU_WATTS)
"""The prior; own history of energy, where a site has it, comes before it."""
