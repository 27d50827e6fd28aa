"""From the [policy] table, or a name on the command line, to the policy the planner takes."""

from pathlib import Path

import pytest

from slurm_energy.config.load import parse
from slurm_energy.config.policy import policy, policy_named, weighing
from slurm_energy.errors import ConfigError
from slurm_energy.model.budget import Budgets
from slurm_energy.model.contract import WorkloadClass
from slurm_energy.model.policy import Policy, Threshold
from slurm_energy.model.presets import DEFERRABLE, PRESETS
from slurm_energy.model.series import Signal

EVALUATION, TRAINING = WorkloadClass.EVALUATION, WorkloadClass.TRAINING
BOTH_SIGNALS = """
[signals.clusters.east]
carbon = { constant = 300 }
price = { constant = 50 }
"""


def configured(table: str) -> Policy:
    settings = parse(table + BOTH_SIGNALS, "test.toml")
    return policy(settings.policy, settings.signals)


def test_an_empty_table_is_balanced_and_that_is_the_default() -> None:
    assert configured("") == PRESETS["balanced"] == Policy()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_by_its_name_alone(name: str) -> None:
    assert configured(f'[policy]\npreset = "{name}"\n') == PRESETS[name] == policy_named(name)


def test_carbon_first_knows_neither_price_nor_a_price_on_delay() -> None:
    for workload_class in DEFERRABLE:
        kind = PRESETS["carbon-first"].classes[workload_class]
        assert (kind.carbon, kind.price, kind.delay) == (1, 0, 0)


def test_no_preset_lets_a_latency_critical_job_wait_for_energy() -> None:
    for preset in PRESETS.values():
        kind = preset.classes[WorkloadClass.LATENCY_CRITICAL]
        assert (kind.carbon, kind.price) == (0, 0)


def test_no_preset_stops_a_running_job() -> None:
    kinds = [kind for preset in PRESETS.values() for kind in preset.classes.values()]
    assert not any(kind.stop for kind in kinds)


def test_stopping_is_allowed_class_by_class_with_its_cost() -> None:
    found = configured("""
[policy]
interruption_cost = "5m"
least_run = "2h"
[policy.classes.training]
stop = true
""")
    assert (found.interruption_cost, found.least_run) == (300, 7200)
    assert [name for name, kind in found.classes.items() if kind.stop] == [TRAINING]


def test_single_settings_go_before_the_preset_and_leave_the_rest_of_it() -> None:
    found = configured("""
[policy]
preset = "carbon-first"
margin = "1h"
[policy.classes.training]
delay = 0.5
""")
    assert found.margin == 3600
    assert found.least_gain == PRESETS["carbon-first"].least_gain
    assert found.classes[TRAINING].delay == 0.5
    assert found.classes[TRAINING].price == 0
    assert found.classes[EVALUATION] == PRESETS["carbon-first"].classes[EVALUATION]


def test_a_setting_as_long_as_the_default_still_goes_before_the_preset() -> None:
    found = configured('[policy]\npreset = "carbon-first"\nleast_gain = 0.1\n')
    assert found.least_gain == 0.1


def test_a_site_with_carbon_alone_weighs_carbon_alone() -> None:
    settings = parse("[signals.clusters.east]\ncarbon = { constant = 300 }\n", "test.toml")
    found = policy(settings.policy, settings.signals).classes[EVALUATION]
    assert (found.carbon > 0, found.price) == (True, 0)
    nothing = parse("", "test.toml")
    nobody = policy(nothing.policy, nothing.signals).classes[EVALUATION]
    assert (nobody.carbon, nobody.price) == (0, 0)


def test_a_signal_that_does_not_exist_weighs_nothing() -> None:
    found = weighing(Policy(), carbon=True, price=False).classes[EVALUATION]
    assert (found.carbon, found.price) == (0.5, 0.0)


def test_thresholds_and_budgets_reach_the_policy() -> None:
    found = configured("""
[[policy.thresholds]]
class = "evaluation"
above = 400
while_ahead_below = 64
[[policy.thresholds]]
class = "training"
signal = "price"
above = -5.5
[policy.budgets]
deferred_share = 0.3
account_delay = "4h"
idle_gpu_hours = 200
class_delay = { evaluation = "6h" }
accounts = { "physics" = "1h" }
""")
    assert found.thresholds == (
        Threshold(EVALUATION, Signal.CARBON, 400, 64),
        Threshold(TRAINING, Signal.PRICE, -5.5, None),
    )
    assert found.budgets == Budgets(
        deferred_share=0.3,
        class_delay={EVALUATION: 21_600},
        account_delay=14_400,
        accounts={"physics": 3600},
        idle_gpu_hours=200,
    )


@pytest.mark.parametrize(
    ("table", "complaint"),
    [
        ('preset = "green"', "policy.preset = 'green': no such preset; use balanced or carbon-"),
        (
            "thresholds = [{ class = 'unmanaged', above = 1 }]",
            "no class that is ever put off; use nearline, training or evaluation",
        ),
        ("thresholds = [{ class = 'nearline', above = nan }]", "policy.thresholds.0.above"),
        ("thresholds = [{ class = 'nearline' }]", "policy.thresholds.0.above: Field required"),
        ("budgets = { deferred_share = 2 }", "policy.budgets.deferred_share = 2"),
        ("budgets = { accounts = { phys = 4 } }", "4 is not a duration; write 30m, 24h or 3d"),
        (
            "budgets = { class_delay = { latency-critical = '1h' } }",
            "class_delay.latency-critical = 'latency-critical': no class that is ever put off",
        ),
    ],
)
def test_what_makes_no_sense_is_one_line(table: str, complaint: str) -> None:
    with pytest.raises(ConfigError) as raised:
        parse(f"[policy]\n{table}\n", "test.toml")
    (line,) = raised.value.problems
    assert complaint in line


def test_a_threshold_on_a_signal_nobody_has_is_refused() -> None:
    text = """
[[policy.thresholds]]
class = "evaluation"
signal = "price"
above = 100
[signals.clusters.east]
carbon = { constant = 300 }
"""
    with pytest.raises(ConfigError, match="no cluster has a price signal; add one"):
        parse(text, "test.toml")


def test_a_file_with_a_policy_table_is_a_policy_by_name(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text('[policy]\npreset = "cost-first"\nslot = "5m"\n')
    found = policy_named(str(file))
    assert found.slot == 300
    assert found.classes == PRESETS["cost-first"].classes


def test_neither_a_preset_nor_a_file_is_one_line_with_the_presets() -> None:
    with pytest.raises(ConfigError) as raised:
        policy_named("greenest")
    (line,) = raised.value.problems
    assert line == (
        "policy greenest is neither a preset (balanced, carbon-first, cost-first, "
        "performance-first) nor a file"
    )
