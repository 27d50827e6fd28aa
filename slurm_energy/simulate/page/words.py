"""Figures as the page shows them: with their unit, and a dash for what is not known."""

MISSING = "\N{EN DASH}"
_LARGE = 100
_GROUPED = 10_000


def figure(value: float | None, unit: str = "") -> str:
    """Three or four digits that matter, thousands parted by a thin space."""
    if value is None:
        return MISSING
    if value == int(value) and abs(value) < _GROUPED:
        shown = str(int(value))
    elif abs(value) < _LARGE:
        shown = f"{value:.2f}" if abs(value) < 10 else f"{value:.1f}"
    else:
        shown = f"{value:,.0f}".replace(",", "\N{NARROW NO-BREAK SPACE}")
    return shown.replace("-", "\N{MINUS SIGN}") + (f"\N{NO-BREAK SPACE}{unit}" if unit else "")


def percent(value: float | None) -> str:
    """With one digit after the point."""
    if value is None:
        return MISSING
    return f"{value:.1f}\N{NO-BREAK SPACE}%".replace("-", "\N{MINUS SIGN}")
