"""One number of a card, and how it is known."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import permutations
from typing import Any, Literal

from haybale.corpus.errors import SchemaError

How = Literal["exact", "sketch", "sample", "declared", "derived", "not_measured"]
"""`exact`: counted, every time it occurred. `sketch`, `sample`: estimated, with an interval.
`declared`: a person's word. `derived`: arithmetic on other facts. `not_measured`: and why."""

Value = int | float | str | Mapping[str, Any] | None
"""Of a fact. A histogram is `{"buckets": [[low, high, count], ...]}`, `high` outside its bucket."""


@dataclass(frozen=True)
class Fact:
    """A number of a card.

    Attributes:
        measure: What was measured: a dotted name, its quantity last, stable over versions. Its
            module says in a sentence what it counts.
        value: Null where it was not measured.
        unit: Of the value.
        how: How it is known.
        of: What of: `subset`, `split`, `language`, `rule`, ..., in this order in the id.
        stage: Which counted it.
        interval: Lower and upper bound, 95 % unless the measure says otherwise, where it is an
            estimate.
        n: What an estimate rests on: documents, pairs, trials.
        source: Formula, paper or detector that it follows from, where the measure alone does not
            say it.
        why_missing: Why there is no value.
    """

    measure: str
    value: Value
    unit: str
    how: How
    of: Mapping[str, str] = field(default_factory=dict)
    stage: str = ""
    interval: tuple[float, float] | None = None
    n: int | None = None
    source: str = ""
    why_missing: str = ""

    @cached_property
    def id(self) -> str:
        """The measure and what it is of, such as `corpus.tokens.split=train.subset=web`."""
        return fact_id(self.measure, self.of)

    def as_json(self) -> dict[str, Any]:
        """With its id, for `card.json`."""
        interval = None if self.interval is None else list(self.interval)
        return {"id": self.id, **vars(self), "of": dict(self.of), "interval": interval}

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "Fact":
        """The inverse of `as_json`; what else is beside it, such as `by`, is left out.

        JSON sorts the labels of `of`; the id says in what order they belong.

        Raises:
            SchemaError: If the id is not that of the measure and the labels.
        """
        values = {name: raw[name] for name in cls.__dataclass_fields__}
        orders = (dict(order) for order in permutations(raw["of"].items()))
        fitting = [of for of in orders if fact_id(raw["measure"], of) == raw["id"]]
        if not fitting:
            raise SchemaError(
                f"card.json: fact {raw['id']!r} is not named after its measure {raw['measure']!r} "
                "and its labels; make the card again with haybale card build"
            )
        values["of"] = fitting[0]
        if values["interval"] is not None:
            values["interval"] = tuple(values["interval"])
        return cls(**values)


def fact_id(measure: str, of: Mapping[str, str]) -> str:
    """Of the fact of this measure and these labels."""
    return ".".join([measure, *(f"{name}={value}" for name, value in of.items())])


def exact(measure: str, value: int, unit: str, stage: str, **of: str) -> Fact:
    """A counted number."""
    return Fact(measure, value, unit, "exact", of, stage)


def derived(
    measure: str, value: float, unit: str, stage: str = "", source: str = "", **of: str
) -> Fact:
    """Arithmetic on other facts."""
    return Fact(measure, value, unit, "derived", of, stage, source=source)


def not_measured(measure: str, why: str, unit: str = "", **of: str) -> Fact:
    """A gap, and its reason."""
    return Fact(measure, None, unit, "not_measured", of, why_missing=why)
