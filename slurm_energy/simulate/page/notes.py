"""What a reader must know to judge the figures: what was assumed, left out and not simulated."""

from collections.abc import Iterator

from slurm_energy.decide.terms.tagtime import render_duration
from slurm_energy.simulate.bound import Kind
from slurm_energy.simulate.page.moments import in_words
from slurm_energy.simulate.request import Knowing, Made, Sight, Stopping
from slurm_energy.simulate.scene import Nodes
from slurm_energy.simulate.sight import Spoke
from slurm_energy.simulate.study import MOST_JOBS, Study, priced

_SIGHT = {
    Sight.PERFECT: "The planner saw the true signals of the hours ahead, as nobody does: with "
    "forecasts it saves less.",
    Sight.YESTERDAY: "The planner took the hours ahead to be as yesterday's.",
    Sight.WEEK: "The planner took each hour ahead to be the mean of that hour over seven days.",
    Sight.LEARNED: "The planner forecast the hours ahead from the four weeks before.",
    Sight.AUTO: "The planner took, at every hour, the forecast that had ranked best so far.",
}
_KNOWING = {
    Knowing.ONLINE: "It learned run times from jobs that had ended, as the daemon does.",
    Knowing.TRACE: "It knew how run times are distributed in each queue over the whole trace, but "
    "no job's own: GAIA's assumption.",
    Knowing.TRUE: "It knew every job's run time, as only an oracle can.",
}


def notes(found: Study) -> Iterator[str]:
    """One sentence or two for each."""
    if found.outcome is not None:
        yield f"{_SIGHT[found.request.forecast]} {_KNOWING[found.request.run_times]}"
    yield from _forecasters(found.run.forecasters)
    yield from _jobs(found)
    yield from _stops(found)
    yield from _power(found)
    yield from _costs(found)
    yield from _bound(found)
    yield from _weights(found)
    yield from _turns(found)


def _forecasters(spoke: Spoke) -> Iterator[str]:
    """Whose forecasts were taken, where there was a choice."""
    for site, signals in spoke.items():
        for signal, steps in signals.items():
            told = ", ".join(
                f"{name} {100 * count / sum(steps.values()):.0f} %"
                for name, count in sorted(steps.items(), key=lambda one: (-one[1], one[0]))
            )
            yield f"Forecasts of {signal} at {site} were taken from: {told}."


def _jobs(found: Study) -> Iterator[str]:
    scene, trace = found.ground.scene, found.ground.trace
    if isinstance(found.request.jobs, Made):
        yield "The jobs were made by a generator, not recorded."
    if found.ground.assumed and found.ground.slack is not None:
        short, long = (
            render_duration(one) for one in (found.ground.slack.short, found.ground.slack.long)
        )
        yield (
            "The trace does not say how long any job may wait: jobs of less than 2 h were given "
            f"{short}, others {long}."
        )
    yield from _counted(scene.left_out, "would leave the period if delayed as long as they may")
    yield from _counted(scene.too_wide, "are wider than the cluster")
    yield from _counted(trace.skipped, "were malformed rows")
    yield from _counted(trace.never_ran, "never ran or had not ended")
    if trace.cut:
        yield f"{trace.cut} runs were longer than their time limit and end at it here."
    if len(scene.sites) > 1:
        movable = sum(job.movable for job in scene.jobs)
        if any(site.price for site in scene.sites) and not priced(scene):
            yield "Prices are known at one site only, so cost is not told and weighs nothing."
        yield f"{movable} of {len(scene.jobs)} jobs may run at {scene.sites[1].name} as well."
    if len(scene.jobs) > MOST_JOBS and found.outcome is not None:
        yield f"Other presets were not played: there are more than {MOST_JOBS} jobs."


def _counted(count: int, why: str) -> Iterator[str]:
    if count:
        yield f"{count} jobs are not played: they {why}."


def _stops(found: Study) -> Iterator[str]:
    cost = found.request.interruption_cost
    stops = found.outcome.stops if found.outcome else 0
    if stops and not cost:
        yield (
            f"{stops} times a job was stopped and resumed, at no cost. Real stops cost a "
            "checkpoint and a restart: repeat with an interruption cost of 5m and 15m before you "
            "believe it."
        )
    elif stops:
        lost = render_duration(cost)
        yield f"{stops} times a job was stopped; each stop cost {lost} of run time."
    elif found.request.interruptible is not Stopping.ALL and found.outcome is not None:
        yield "No job was stopped: each ran in one piece."


def _power(found: Study) -> Iterator[str]:
    nodes = found.request.nodes
    if nodes is not None:
        yield from _nodes(nodes)
        return
    yield "Each busy unit draws 1 kW, whatever runs on it."
    if found.request.capacity is None:
        yield (
            "There is no limit to the units: on a busy cluster less can be saved. "
            "Repeat with the capacity of yours."
        )
    elif not found.request.idle_power:
        yield (
            "Idle units draw nothing here. On a real cluster they do, and less of its carbon can "
            "be saved: give their share as idle power."
        )
    else:
        yield (
            f"An idle unit draws {100 * found.request.idle_power:g} % of a busy one; idle power "
            f"counts until {in_words(found.judged.until)}."
        )


def _nodes(nodes: Nodes) -> Iterator[str]:
    yield (
        f"A node draws {nodes.base_watts:g} W, each of its {nodes.gpus} GPUs "
        f"{nodes.active_gpu_watts:g} W while a job has it and {nodes.idle_gpu_watts:g} W idle."
    )
    down = nodes.power_down
    if down is not None:
        yield (
            f"Nodes that were idle for {render_duration(down.after)} are powered down, without us "
            f"and with us, and take {render_duration(down.boot)} to boot."
        )


def _costs(found: Study) -> Iterator[str]:
    """Whether PUE is in, and what the machines cost beside energy."""
    costs = found.run.costs
    mean = [f"{pue:.3g} at {site}" for site, pue in costs.get("pue", {}).items() if pue is not None]
    if mean:
        yield (
            "Carbon and energy costs have the site's PUE in them, in the mean over the period "
            f"{' and '.join(mean)}."
        )
    for side in ("baseline", "policy"):
        cost = costs.get(side, {})
        if cost.get("compute_cost") is not None:
            yield (
                f"Costs of the {side}: energy {cost['energy_cost']:,.2f}, machines by the hour "
                f"{cost['compute_cost']:,.2f}, together {cost['total_cost']:,.2f}. Elsewhere in "
                "this report cost is that of energy."
            )


def _bound(found: Study) -> Iterator[str]:
    best = found.judged.best
    if best is None:
        yield f"There is no bound: {found.judged.problem}."
    elif best.kind is Kind.EXACT:
        yield (
            "The bound knows every run time and the true signal, and stops and resumes at no cost. "
            "A schedule that comes to it exists; no policy can know it."
        )
    else:
        yield (
            "The bound is a linear programme that knows everything and stops, resumes and moves at "
            "no cost. No schedule saves more; the best one may save less."
        )


def _weights(found: Study) -> Iterator[str]:
    if found.outcome is not None and priced(found.ground.scene) and not found.run.weights:
        yield (
            "Other weights of carbon and price were not played. Add --frontier to see what each "
            "would save of both."
        )


def _turns(found: Study) -> Iterator[str]:
    if found.outcome is None:
        return
    for problem, count in found.outcome.problems.items():
        yield f"In {count} turns: {problem}."
