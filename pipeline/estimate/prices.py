"""The user's prices. Haybale knows none: they differ by region and contract, and change."""

import tomllib
from dataclasses import dataclass, fields
from pathlib import Path

from haybale.corpus.errors import RecipeError
from haybale.corpus.recipe import parse_section


@dataclass(frozen=True)
class Prices:
    """What things cost. What is left out is not paid for, and its line is not printed.

    Attributes:
        currency: Printed behind sums.
        machine_hour: This computer, or one like it, for an hour.
        vcpu_hour: A worker's virtual CPU for an hour.
        memory_gb_hour: A worker's memory, per GB (10^9 bytes) and hour.
        disk_gb_hour: A worker's disk, per GB and hour.
        shuffle_gb: Data that a service shuffles, per GB.
        storage_gb_month: The corpus where it lies, per GB and month.
        requests_1000: A thousand writes to an object store.
    """

    currency: str
    machine_hour: float | None = None
    vcpu_hour: float | None = None
    memory_gb_hour: float | None = None
    disk_gb_hour: float | None = None
    shuffle_gb: float | None = None
    storage_gb_month: float | None = None
    requests_1000: float | None = None

    def __post_init__(self) -> None:
        given = {each.name: getattr(self, each.name) for each in fields(self)}
        numbers = {name: value for name, value in given.items() if name != "currency"}
        for name, value in numbers.items():
            if value is not None and not 0 <= value < float("inf"):
                raise RecipeError(f"{name}: expected a price of at least 0, found {value}")
        if all(value is None for value in numbers.values()):
            raise RecipeError(f"expected at least one price of {', '.join(numbers)}, found none")


def read_prices(path: Path) -> Prices:
    """Read a TOML file of prices.

    Raises:
        RecipeError: If it is missing, no TOML, or has other keys than `Prices`.
    """
    try:
        raw = tomllib.loads(path.read_text())
    except FileNotFoundError:
        raise RecipeError(f"--prices: {path} does not exist; mend the path") from None
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise RecipeError(f"--prices: {path}: expected a TOML file: {error}") from None
    return parse_section(Prices, raw, f"--prices {path}")
