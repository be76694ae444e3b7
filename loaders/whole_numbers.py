"""Whole numbers that a user gives, as Python's own."""

import operator

from haybale.corpus.errors import RecipeError


def whole(name: str, value: object, at_least: int | None = None) -> int:
    """The value as an int: NumPy's and others hash and save otherwise than they compare.

    Args:
        name: Of the setting, for the message.
        value: What was given.
        at_least: The smallest that can be right.

    Raises:
        RecipeError: If it is no whole number, or too small.
    """
    least = "" if at_least is None else f" of at least {at_least}"
    wrong = RecipeError(f"{name}: expected a whole number{least}, found {value!r}")
    if isinstance(value, bool):
        raise wrong
    try:
        number = operator.index(value)  # type: ignore[arg-type]
    except TypeError:
        raise wrong from None
    if at_least is not None and number < at_least:
        raise wrong
    return number
