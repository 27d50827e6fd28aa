"""The jobs: about sixty, as two people would submit them with sbatch."""

import random
from dataclasses import dataclass, replace

BUSY_SECONDS = 20


@dataclass(frozen=True, slots=True)
class Part:
    """One submission: who, what tag, how wide, how long it really runs."""

    user: str
    name: str
    gpus: int
    seconds: int
    tag: str = ""
    clusters: str = ""

    @property
    def argv(self) -> list[str]:
        """The sbatch command line."""
        options = [f"--job-name={self.name}", f"--gpus={self.gpus}", "--time=1", "--ntasks=1"]
        options += [f"--comment={self.tag}"] if self.tag else []
        options += [f"--clusters={self.clusters}"] if self.clusters else []
        return ["sbatch", *options, "--output=/dev/null", f"--wrap=sleep {self.seconds}"]

    @property
    def today(self) -> "Part":
        """As it is submitted without slurm-energy: who is bound to a cluster names it himself."""
        bound = "residency=eu" in self.tag or "latency-critical" in self.tag
        return replace(self, clusters="east") if bound else self


WRONG = Part("alice", "eval-typo", 1, 5, "energy:class=evaluation,deadline=tomorrow")


def blockers() -> list[Part]:
    """Untagged work that keeps the primary busy for a moment, so that there is an order to see."""
    return [Part("bob", "legacy", 8, BUSY_SECONDS, clusters="east") for _ in range(4)]


def cast(seed: int) -> list[Part]:
    """Mixed work of four classes in a random but repeatable order."""
    chance = random.Random(seed)  # noqa: S311 - a play, not secrets
    parts = [
        *(_chat(chance) for _ in range(10)),
        *(_batch(chance) for _ in range(10)),
        *(_training(chance, number) for number in range(10)),
        *(_evaluation(chance, number) for number in range(22)),
        *(Part("bob", "plain", 1, chance.randint(4, 8)) for _ in range(3)),
        Part("alice", "eval-now", 1, 6, "energy:off"),
    ]
    chance.shuffle(parts)
    return parts


def _chat(chance: random.Random) -> Part:
    return Part("bob", "chat", 1, chance.randint(4, 9), "energy:class=latency-critical,urgency=80")


def _batch(chance: random.Random) -> Part:
    tag = "energy:class=nearline,max_delay=90s,slo=wait<2m"
    return Part("bob", "batch-infer", 1, chance.randint(5, 12), tag)


def _training(chance: random.Random, number: int) -> Part:
    tag = f"run {number} energy:class=training,deadline=+5m,sensitivity=high"
    return Part("alice", "train", 4, chance.randint(15, 35), tag)


def _evaluation(chance: random.Random, number: int) -> Part:
    residency = ",residency=eu" if number % 3 == 0 else ""
    tag = f"energy:class=evaluation,deadline=+5m{residency}"
    return Part("alice", "eval", chance.choice([1, 2]), chance.randint(8, 25), tag)
