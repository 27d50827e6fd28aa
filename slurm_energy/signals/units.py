"""Units as people write them, and the one unit in which each signal is kept."""

import re

from slurm_energy.errors import SeriesError
from slurm_energy.model.series import Signal

_POUND_IN_GRAMS = 453.59237
_MASS = {"g": 1.0, "kg": 1e3, "t": 1e6, "lb": _POUND_IN_GRAMS}
_ENERGY_IN_KWH = {"kwh": 1.0, "mwh": 1e3}
_CARBON = re.compile(r"(g|kg|t|lb)\s?(?:co2|co₂)(?:eq|e|-eq)?/(kwh|mwh)", re.IGNORECASE)
_PRICE = re.compile(r"([a-z]{3}|cents?|ct)/(kwh|mwh)", re.IGNORECASE)
_CENTS = {"cent", "cents", "ct"}


def factor(signal: Signal, unit: str, currency: str) -> float:
    """What a value in ``unit`` is multiplied by to be kept; raises SeriesError for other units."""
    if signal is Signal.CARBON:
        return _carbon(unit)
    if signal is Signal.PRICE:
        return _price(unit, currency)
    return _same(unit, signal.value)


def _same(unit: str, kept: str) -> float:
    """For what is only ever written in the unit in which it is kept."""
    if unit.strip() != kept:
        raise SeriesError(f"unit {unit!r}: allowed {kept}; convert the file")
    return 1.0


def _carbon(unit: str) -> float:
    match = _CARBON.fullmatch(unit.strip())
    if match is None:
        msg = f"unit {unit!r}: allowed gCO2eq/kWh, kgCO2eq/MWh, tCO2eq/MWh, lbCO2eq/MWh"
        raise SeriesError(msg)
    return _MASS[match[1].lower()] / _ENERGY_IN_KWH[match[2].lower()]


def _price(unit: str, currency: str) -> float:
    allowed = f"{currency}/MWh, {currency}/kWh, cents/kWh"
    match = _PRICE.fullmatch(unit.strip())
    if match is None:
        msg = f"unit {unit!r}: allowed {allowed}"
        raise SeriesError(msg)
    money = match[1].lower()
    if money not in _CENTS and money != currency.lower():
        cure = f"allowed {allowed}; convert it, or set signals.currency"
        raise SeriesError(f"unit {unit!r}: the site counts in {currency}; {cure}")
    hundredth = 0.01 if money in _CENTS else 1.0
    return hundredth * 1e3 / _ENERGY_IN_KWH[match[2].lower()]
