"""A node is lost, and comes back."""

from slurm_energy.errors import InputError
from slurm_energy.simulate.cluster.controller import REQUEUE_DELAY, Controller
from slurm_energy.simulate.cluster.machines import NodeMachines


def lose_node(controller: Controller, node: int) -> None:
    """The node is down from now on; its jobs go back to the queue without a word.

    Raises ``InputError`` where there is no such node.
    """
    machines = _nodes(controller, node)
    for record in controller.table.running.on(node):
        controller.requeue(record, controller.now + REQUEUE_DELAY, saved=False)
    machines.lose(node)


def regain_node(controller: Controller, node: int) -> None:
    """The node is back. Raises ``InputError`` where there is no such node."""
    _nodes(controller, node).regain(node)
    controller.look_again()


def _nodes(controller: Controller, node: int) -> NodeMachines:
    machines = controller.machines
    if isinstance(machines, NodeMachines) and 0 <= node < len(machines.names):
        return machines
    if isinstance(machines, NodeMachines):
        raise InputError(
            f"{controller.cluster} has no node {node}; use 0 to {len(machines.names) - 1}"
        )
    raise InputError(f"{controller.cluster} is a pool without nodes; give the site nodes")
