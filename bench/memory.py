"""What plans of 100,000 pending jobs hold of memory: ``python -m bench.memory``.

Traced bytes beyond the jobs themselves, after the first turn and after later ones with 1,000
records changed, of both clusters; and how much of it is the market that ``explain`` asks.
"""

import gc
import tracemalloc
from dataclasses import replace
from typing import Any

import numpy as np

from bench.plan import Clusters, learned
from slurm_energy.decide.plan import Plan

JOBS, CHANGED, TURNS = 100_000, 1000, 3


def main() -> None:
    world = Clusters(JOBS)
    world.plans, world.runs = {}, learned(np.random.default_rng(7))
    gc.collect()
    tracemalloc.start()
    world.plans = world.planned(None)
    _tell("after the first turn")
    turn = world.again(CHANGED)
    for number in range(TURNS):
        turn()
        _tell(f"after turn {number + 2}")
    held = _held()
    world.plans = {name: _without_market(plan) for name, plan in world.plans.items()}
    print(f"of it the market for explain: {held - _held():.1f} MB")


def _without_market(plan: Plan) -> Plan:
    nothing: dict[str, Any] = {"pressure": None}
    return replace(plan, **nothing)


def _held() -> float:
    gc.collect()
    return tracemalloc.get_traced_memory()[0] / 1e6


def _tell(when: str) -> None:
    held, most = _held(), tracemalloc.get_traced_memory()[1] / 1e6
    print(f"{when}: {held:.1f} MB, at most {most:.1f} MB meanwhile")


if __name__ == "__main__":
    main()
