"""How users of an AI cluster behave in the generated trace: stated figures, not measured ones.

The shapes follow what published traces of GPU clusters agree on: most jobs are short and narrow,
most GPU-hours are in few long and wide ones, limits are asked for in round numbers and mostly not
used, the same work is submitted again and again, days and weeks show.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from slurm_energy.model.contract import WorkloadClass

MINUTE, HOUR, DAY = 60, 3600, 86_400

LIMITS = tuple(
    [MINUTE * minutes for minutes in (10, 15, 30)]
    + [HOUR * hours for hours in (1, 2, 4, 6, 8, 12, 24, 36, 48, 72, 120, 168)]
)
"""What people write into ``--time``."""
OVER_ASKED = 2.5
"""Median of what a user asks for, as a multiple of what the work usually takes."""
FAILING = 0.12
"""Share of runs that fail early, after up to a third of the usual time."""
TRIED_ONCE = 0.15
"""Share of sessions with something new that is not run again later."""
GPUS_PER_NODE = 8
CPUS_PER_GPU = 12
BY_HOUR = (
    *(0.35, 0.30, 0.25, 0.22, 0.22, 0.25, 0.35, 0.55),
    *(0.80, 1.10, 1.35, 1.45, 1.35, 1.40, 1.55, 1.60),
    *(1.55, 1.45, 1.25, 1.05, 0.90, 0.75, 0.60, 0.45),
)
"""Submissions by local hour of the day."""
BY_DAY = (1.1, 1.2, 1.2, 1.15, 1.0, 0.5, 0.45)
"""Submissions by day of the week; the trace begins on a Monday at midnight."""


@dataclass(frozen=True, slots=True)
class Habit:
    """One class: its share of submissions, and how its work looks. Times are seconds."""

    share: float
    """Of the sessions: one sitting in which a user submits the same work a few times."""
    repeats: float
    """Mean submissions in a session."""
    gap: int
    """Mean time between two of them."""
    median: int
    """Of the usual run times of all works; each work has a log-normal of its own around one."""
    between: float
    """Spread of usual run times between works, as sigma of their logarithm: the heavy tail."""
    within: tuple[float, float]
    """Least and largest sigma of one work's own runs."""
    widths: Mapping[int, float]
    """GPUs to weight."""
    arrays: float
    """Share of works submitted as arrays."""
    deadlines: float
    """Share of works with a deadline."""
    max_delays: Sequence[int | None]
    """The longest waits they state, equally often; None: none."""
    interruptible: float
    """Share of works that write checkpoints and say so."""
    partition: str
    verbs: Sequence[str]
    """First word of a work's name."""
    things: Sequence[str]
    """Second word."""


_MODELS = ("bert", "llama", "mixtral", "resnet", "vit", "whisper", "t5", "sdxl", "gnn", "clip")
_TASKS = ("mmlu", "gsm8k", "humaneval", "coco", "librispeech", "imagenet", "glue", "replay")

HABITS: Mapping[WorkloadClass, Habit] = {
    WorkloadClass.LATENCY_CRITICAL: Habit(
        share=0.08,
        repeats=1.5,
        gap=20 * MINUTE,
        median=4 * HOUR,
        between=0.7,
        within=(0.2, 0.5),
        widths={1: 0.5, 2: 0.25, 4: 0.2, 8: 0.05},
        arrays=0.0,
        deadlines=0.0,
        max_delays=(None,),
        interruptible=0.0,
        partition="inference",
        verbs=("serve", "chat"),
        things=_MODELS,
    ),
    WorkloadClass.NEARLINE: Habit(
        share=0.22,
        repeats=3.0,
        gap=15 * MINUTE,
        median=12 * MINUTE,
        between=0.9,
        within=(0.1, 0.4),
        widths={1: 0.7, 2: 0.2, 4: 0.1},
        arrays=0.05,
        deadlines=0.2,
        max_delays=(None, 15 * MINUTE, 30 * MINUTE, HOUR),
        interruptible=0.1,
        partition="inference",
        verbs=("embed", "batch", "caption"),
        things=_MODELS,
    ),
    WorkloadClass.TRAINING: Habit(
        share=0.38,
        repeats=2.5,
        gap=2 * HOUR,
        median=2 * HOUR,
        between=1.4,
        within=(0.15, 0.6),
        widths={1: 0.38, 2: 0.14, 4: 0.16, 8: 0.2, 16: 0.07, 32: 0.035, 64: 0.015},
        arrays=0.04,
        deadlines=0.3,
        max_delays=(None, None, 12 * HOUR, 2 * DAY),
        interruptible=0.6,
        partition="gpu",
        verbs=("train", "finetune", "pretrain", "sweep"),
        things=_MODELS,
    ),
    WorkloadClass.EVALUATION: Habit(
        share=0.32,
        repeats=4.0,
        gap=10 * MINUTE,
        median=25 * MINUTE,
        between=1.1,
        within=(0.1, 0.4),
        widths={1: 0.62, 2: 0.14, 4: 0.14, 8: 0.1},
        arrays=0.15,
        deadlines=0.4,
        max_delays=(None, None, 6 * HOUR, DAY),
        interruptible=0.3,
        partition="gpu",
        verbs=("eval", "bench", "score"),
        things=_TASKS,
    ),
}
