"""Numbers of parameters and tokens as tables, axes and labels write them: 70B, 1.4T."""

_UNITS = ((1e12, "T"), (1e9, "B"), (1e6, "M"), (1e3, "K"))


def amount(number: float) -> str:
    """To three digits, with thousands, millions, billions or trillions as a letter."""
    number = float(f"{number:.3g}")  # before the unit is chosen: 999.9 million are 1B
    for unit, letter in _UNITS:
        if number >= unit:
            return f"{number / unit:,.12g}{letter}"
    return f"{number:g}"
