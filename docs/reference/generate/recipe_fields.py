"""`recipe.md`: every key of every TOML file that Haybale reads, from the dataclasses that check it.

What a key is follows from its type, its default and the `Attributes` of its class's docstring.
"""

import dataclasses
import inspect
import re
import types
import typing
from collections.abc import Iterator, Mapping
from typing import Any

from markdown import cell, filled

from haybale.pipeline.estimate.prices import Prices
from haybale.pipeline.recipe.build_recipe import BuildRecipe
from haybale.quality.profiles.parse import _RawProfile
from haybale.quality.profiles.profile import Profile
from haybale.training.recipe import TrainingRecipe

_HEAD = """# Recipe fields

Generated from the dataclasses that check recipes by `make reference`. [build.md](../build.md) and
[training.md](../training.md) show recipes whole and say what to choose; here is every key.

Recipes are TOML 1.0. Unknown keys are refused with the nearest known name, and so is a key without
effect. `--set a.b=value` overrides a key, `--set subsets.NAME.key=value` one of a subset. In
strings that name files `${NAME}` is an environment variable; relative paths start at the recipe's
folder.

*Absent* is a key that has no value unless it is given: TOML has no null. *Required* keys have no
default; those of a table only where the table is given.
"""

_PROFILE = """\
A TOML file that `subsets.quality` names; [rules.md](../rules.md) has what it may name. At least one
of `rules` is needed: a rule, or a family such as `"gopher/"`. A bound is a table with `minimum`,
`maximum` or both.
"""

_ABOUT = {
    "name": "Of the corpus; titles its card.",
    "seed": "Of everything that is drawn: splits, samples, order of shards, hashes.",
}
"""Keys of a recipe that are no tables."""

_SIMPLE = {str: "string", int: "whole number", float: "number", bool: "true or false", Any: "table"}


def recipe_fields() -> str:
    """The page."""
    lines = [_HEAD]
    lines += ["## Recipe of a build", "", "`haybale build`, `haybale estimate`.", ""]
    lines += _tables(BuildRecipe, "", {**_ABOUT, **_sections(BuildRecipe)})
    lines += ["## Recipe of a training run", "", "`haybale train`.", ""]
    lines += _tables(
        TrainingRecipe, "", {**_attributes(TrainingRecipe), **_sections(TrainingRecipe)}
    )
    lines += ["## Profile of quality rules", ""]
    lines += [_PROFILE]
    lines += _tables(_RawProfile, "", _attributes(Profile))
    lines += ["## `card.toml`", ""]
    lines += ["`haybale card build`: the keys of a recipe's `[card]`, at the top of a file.", ""]
    lines += [f"See [`[card]`](#{_anchor('[card]')}).", ""]
    lines += ["## Prices", "", "`haybale estimate --prices`.", ""]
    lines += _tables(Prices, "", _attributes(Prices))
    return "\n".join(lines).rstrip("\n") + "\n"


def _tables(cls: type, where: str, about: Mapping[str, str]) -> Iterator[str]:
    """The table of a class, then those of the tables in it."""
    hints = typing.get_type_hints(cls)
    yield "| key | type | default | |"
    yield "|---|---|---|---|"
    for field in dataclasses.fields(cls):
        if field.name not in about:
            raise LookupError(f"{cls.__name__}.{field.name}: its docstring says nothing of it")
        kind, inner, header = _kind(hints[field.name], f"{where}{field.name}")
        if inner is not None:
            kind = f"[{kind} `{header}`](#{_anchor(header)})"
        yield f"| `{field.name}` | {kind} | {_default(field)} | {cell(about[field.name])} |"
    yield ""
    for field in dataclasses.fields(cls):
        _, inner, header = _kind(hints[field.name], f"{where}{field.name}")
        if inner is not None:
            yield f"### `{header}`"
            yield ""
            yield filled(_summary(inner))
            yield ""
            yield from _tables(inner, f"{header.strip('[]')}.", _attributes(inner))


def _kind(hint: Any, path: str) -> tuple[str, type | None, str]:
    """What a key holds in words; the class of the table that it is, and that table's header."""
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        (only,) = (one for one in arguments if one is not types.NoneType)
        return _kind(only, path)
    if origin is typing.Literal:
        return "one of " + ", ".join(f'`"{one}"`' for one in arguments), None, ""
    if dataclasses.is_dataclass(hint):
        return "table", typing.cast(type, hint), f"[{path}]"
    if origin is tuple:
        words, inner, header = _kind(arguments[0], path)
        if inner is not None:
            return "tables", inner, f"[{header}]"
        return f"list of {_plural(words)}", None, ""
    if origin is not None and issubclass(origin, Mapping):
        words, inner, header = _kind(arguments[1], f"{path}.NAME")
        if inner is not None:
            return "tables", inner, header
        return f"table of {_plural(words)}", None, ""
    return _SIMPLE[hint], None, ""


def _plural(words: str) -> str:
    return words.removeprefix("one of ") if words.startswith("one of ") else f"{words}s"


def _default(field: "dataclasses.Field[Any]") -> str:
    if field.default_factory is not dataclasses.MISSING:
        value = field.default_factory()
        return "empty" if value in ({}, ()) else "its defaults"
    if field.default is dataclasses.MISSING:
        return "required"
    if field.default is None:
        return "absent"
    if isinstance(field.default, bool):
        return f"`{str(field.default).lower()}`"
    if isinstance(field.default, tuple):
        return "`[" + ", ".join(f'"{one}"' for one in field.default) + "]`"
    return f'`"{field.default}"`' if isinstance(field.default, str) else f"`{field.default}`"


def _sections(cls: type) -> dict[str, str]:
    """What the tables of a recipe are, from their own docstrings."""
    found = {}
    for name, hint in typing.get_type_hints(cls).items():
        inner = _kind(hint, name)[1]
        if inner is not None:
            found[name] = _summary(inner)
    return found


def _summary(cls: type) -> str:
    """The first sentence of a docstring, or all before its `Attributes`."""
    text = inspect.getdoc(cls) or ""
    return " ".join(text.partition("Attributes:")[0].split())


def _attributes(cls: type) -> dict[str, str]:
    """The `Attributes` of a docstring."""
    _, _, text = (inspect.getdoc(cls) or "").partition("Attributes:\n")
    entries = re.split(r"^ {4}(?=\w+: )", text, flags=re.MULTILINE)
    pairs = (entry.partition(": ") for entry in entries if entry.strip())
    return {name: " ".join(about.split()) for name, _, about in pairs}


def _anchor(header: str) -> str:
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w -]", "", header).lower().replace(" ", "-")
