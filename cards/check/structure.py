"""Whether card.json has the shape its schema asks for, and every fact says how it is known."""

import json
from collections import Counter
from collections.abc import Iterator
from importlib.resources import files
from typing import Any

import jsonschema

from haybale.cards.check.finding import EDITED, Finding
from haybale.cards.fact import Fact
from haybale.corpus.errors import SchemaError

MAX_FINDINGS = 20
"""Of one kind; a broken file breaks in many places for one reason."""


def check_structure(raw: Any, file: str) -> Iterator[Finding]:
    """Findings on the parsed `card.json`."""
    schema = json.loads(files("haybale.cards").joinpath("card.schema.json").read_bytes())
    errors = sorted(
        jsonschema.Draft202012Validator(schema).iter_errors(raw),
        key=lambda error: (list(map(str, error.absolute_path)), error.message),
    )
    for error in errors[:MAX_FINDINGS]:
        place = "/".join(map(str, error.absolute_path)) or "its top"
        yield Finding(file, f"what its schema asks for at {place}", _short(error.message), EDITED)


def check_facts(raw: Any, file: str) -> Iterator[Finding]:
    """Findings on facts, one by one: ids, how they are known, and why others are missing."""
    ids = Counter(fact["id"] for fact in raw["facts"])
    for name, count in ids.items():
        if count > 1:
            yield Finding(file, f"one fact {name}", f"{count}", EDITED)
    order = [fact["id"] for fact in raw["facts"]]
    if order != sorted(order):
        yield Finding(file, "facts sorted by id", "another order", EDITED)
    for fact in raw["facts"]:
        yield from (Finding(file, *what, EDITED) for what in _fact_errors(fact, raw["measures"]))


def _fact_errors(raw: dict[str, Any], measures: dict[str, str]) -> Iterator[tuple[str, str]]:
    """What is expected and found of one fact."""
    name = raw["id"]
    try:
        fact = Fact.from_json(raw)
    except SchemaError as error:
        yield "facts named after their measures and labels", str(error)
        return
    if fact.measure not in measures:
        yield f"a sentence on the measure {fact.measure} in measures", "none"
    if fact.how == "not_measured":
        if fact.value is not None:
            yield f"no value of {name}, which was not measured", _short(str(fact.value))
        if not fact.why_missing:
            yield f"a reason why {name} was not measured", "none"
    elif fact.value is None:
        yield f"a value of {name}, which is {fact.how}", "none"
    if fact.how in ("sketch", "sample") and fact.interval is None:
        yield f"an interval of {name}, which is an estimate ({fact.how})", "none"
    if fact.interval is not None and fact.interval[0] > fact.interval[1]:
        yield f"an interval of {name} from low to high", str(list(fact.interval))


def _short(text: str) -> str:
    return text if len(text) <= 200 else f"{text[:200]}..."
