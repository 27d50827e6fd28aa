"""Bringing a laboratory up, up to date, and down."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TYPE_CHECKING

from lab import configuration, install, outer
from lab.accounts import accounts_layer
from lab.cache import CACHE_ROOT, content_key, locked, prune
from lab.configuration import HostFile
from lab.errors import LabError
from lab.laboratory import STATE_ROOT, Lab
from lab.overlay import Overlay
from lab.progress import Progress
from lab.python import python_layers
from lab.readiness import wait_until_ready
from lab.tree import base_tree
from lab.wheel import project_wheel

if TYPE_CHECKING:
    from pathlib import Path

Files = Mapping[str, list[HostFile]]


def up(lab: Lab, *, single: bool = False, bare: bool = False, show: bool = True) -> bool:
    """Bring a laboratory up, or up to date; return False when there was nothing to do.

    `single` is one cluster without federation; `bare` leaves the working tree's wheel and daemon
    out, for work on the hook or on the laboratory itself.
    """
    progress = Progress(lab.log, show)
    outer.require_disk(STATE_ROOT)
    outer.require_tools(progress)
    with _locked(lab):
        return _up(lab, ["east"] if single else ["east", "west"], bare, progress)


def _up(lab: Lab, names: Sequence[str], bare: bool, progress: Progress) -> bool:
    tree = base_tree(progress)
    python = (*python_layers(tree, progress), tree)
    layers = (accounts_layer(tree, len(names) == 1, progress), *python)
    wheel = None if bare else project_wheel(python, progress)
    files = {name: configuration.host_files(name, tree) for name in names}
    machine = content_key([], *map(str, layers), repr(files))
    started = lab.record().get("machine") != machine or not all(h.is_running() for h in lab.hosts)
    if started:
        _down(lab, progress)
        _start(lab, names, layers, files, progress)
        wait_until_ready(lab)
        lab.remember({"machine": machine})
        _prune(progress)
    project = install.project_key(wheel)
    installed = lab.record().get("project") != project
    if installed:
        install.install(lab, wheel, progress)
        lab.remember({"project": project})
    state = "up" if started or installed else "up and unchanged"
    progress.say(f"{lab.name} is {state}: {' and '.join(names)}")
    return started or installed


def _start(
    lab: Lab, names: Sequence[str], layers: tuple[Path, ...], files: Files, progress: Progress
) -> None:
    progress.say(f"starting {' and '.join(names)}")
    lab.state.mkdir(parents=True)
    lab.remember({"hosts": list(names), "layers": [_cache_name(layer) for layer in layers]})
    lab.network.drop()
    lab.network.make()

    def boot(name: str) -> None:
        overlay = Overlay(layers, lab.state / f"{name}.overlay")
        overlay.make()
        everything = [*files[name], *configuration.project_files()]
        configuration.lay(overlay.upper, layers[-1], everything, configuration.units(name))
        lab.make_host(name).start(overlay)

    with ThreadPoolExecutor() as pool:
        list(pool.map(boot, names))


def _cache_name(layer: Path) -> str:
    """Return the name of the cached directory that a layer is, or lies in."""
    return layer.relative_to(CACHE_ROOT).parts[0]


def _prune(progress: Progress) -> None:
    in_use = {name for lab in Lab.all() for name in lab.record().get("layers", [])}
    for name in prune(in_use):
        progress.say(f"removed the cached {name}, unused for a week")


def down(lab: Lab, *, show: bool = True) -> None:
    """Stop a laboratory and remove all that it made, but for its log and the shared caches."""
    with _locked(lab):
        _down(lab, Progress(lab.log, show))


def _down(lab: Lab, progress: Progress) -> None:
    if not lab.state.exists():
        return
    progress.say(f"stopping {lab.name}")
    for host in lab.hosts:
        host.stop()
    lab.network.drop()
    shutil.rmtree(lab.state)


def purge(lab: Lab) -> None:
    """Stop a laboratory and remove the caches, unless another one lives on them."""
    down(lab)
    others = [other.name for other in Lab.all()]
    if others:
        raise LabError(f"{CACHE_ROOT} is in use by {', '.join(others)}; take these down first")
    shutil.rmtree(CACHE_ROOT, ignore_errors=True)


@contextmanager
def _locked(lab: Lab) -> Iterator[None]:
    with locked(STATE_ROOT / f"{lab.name}.lock"):
        yield
