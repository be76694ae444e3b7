"""Recipes: TOML to raw sections, and raw sections to the frozen dataclass of their craft.

A run is its recipe. Unknown keys are refused with the nearest known name, types are checked, and
the text of the recipe with its overrides (environment variables left unexpanded, so that no mount
path enters a digest) is what the manifest stores.
"""

import dataclasses
import difflib
import os
import re
import tomllib
import types
import typing
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, TypeVar

from haybale.corpus.errors import RecipeError
from haybale.corpus.secrets import refuse_credentials

Section = TypeVar("Section")
_VARIABLE = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")


def read_recipe(path: Path, overrides: Sequence[str] = ()) -> dict[str, Any]:
    """The raw tables of a TOML recipe, with `a.b=value` overrides applied.

    Args:
        path: The recipe's file.
        overrides: As after `--set`; the value is read as TOML, and as a plain string where it is
            none. `subsets.NAME.field=value` reaches the subset of that name.

    Raises:
        RecipeError: If the file is missing, is not TOML, an override names nothing, or a string
            holds credentials: the recipe is stored as it is written.
    """
    try:
        raw = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise RecipeError(f"{path}: no such recipe") from None
    except IsADirectoryError:
        raise RecipeError(f"{path}: expected a recipe (TOML), found a folder") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise RecipeError(f"{path}: not valid TOML: {error}") from None
    for override in overrides:
        _override(raw, override)
    refuse_credentials(raw, "")
    return raw


def _override(raw: dict[str, Any], override: str) -> None:
    key, equals, text = override.partition("=")
    if not equals or not key.strip():
        raise RecipeError(f"--set {override}: expected KEY=VALUE, as in dedup.threshold=0.7")
    try:
        value = tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        value = text
    *parents, last = key.strip().split(".")
    table: Any = raw
    for name in parents:
        if isinstance(table, list):
            named = [entry for entry in table if entry.get("name") == name]
            if not named:
                known = ", ".join(str(entry.get("name")) for entry in table)
                raise RecipeError(f"--set {override}: no entry is named {name} (there are {known})")
            table = named[0]
        else:
            table = table.setdefault(name, {})
        if not isinstance(table, dict | list):
            raise RecipeError(f"--set {override}: {name} is a value, not a table")
    if isinstance(table, list):
        raise RecipeError(f"--set {override}: name the entry, as in subsets.books.weight=0.5")
    table[last] = value


def expand(text: str, where: str) -> str:
    """`text` with `${NAME}` replaced from the environment.

    Raises:
        RecipeError: If a variable is not set.
    """

    def value(match: re.Match[str]) -> str:
        name = match.group(1)
        if name not in os.environ:
            raise RecipeError(f"{where}: the environment variable {name} is not set; set it")
        return os.environ[name]

    return _VARIABLE.sub(value, text)


def parse_section(cls: type[Section], raw: object, where: str) -> Section:
    """Validate a raw table into a frozen dataclass.

    Field types may be str, int, float, bool, Literal, `X | None`, `tuple[X, ...]`,
    `Mapping[str, X]`, Any and other dataclasses. Bounds belong into the dataclass's
    `__post_init__`, which raises RecipeError without naming the section: this function puts `where`
    in front.

    Args:
        cls: A dataclass; fields without default are required.
        raw: The table.
        where: What to call the section in errors, such as `dedup` or `subsets.books`.

    Raises:
        RecipeError: On a key that is unknown (with the nearest known one), missing, or of a wrong
            type.
    """
    if not isinstance(raw, Mapping):
        raise RecipeError(f"{where}: expected a table, found {_show(raw)}")
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    hints = typing.get_type_hints(cls)
    for key in raw:
        if key not in fields:
            raise RecipeError(f"{where}: unknown key {key!r}; {nearest(key, fields)}")
    missing = [
        name
        for name, field in fields.items()
        if name not in raw
        and field.default is dataclasses.MISSING
        and field.default_factory is dataclasses.MISSING
    ]
    if missing:
        raise RecipeError(f"{where}: {', '.join(missing)} must be given")
    values = {key: _convert(hints[key], value, f"{where}.{key}") for key, value in raw.items()}
    try:
        return cls(**values)
    except RecipeError as error:
        raise RecipeError(f"{where}: {error}") from None


def nearest(name: str, known: typing.Iterable[str]) -> str:
    """What to say after an unknown name: the nearest known one, or all of them."""
    names = sorted(known)
    close = difflib.get_close_matches(name, names, n=1)
    return f"did you mean {close[0]!r}?" if close else f"known are {', '.join(names)}"


def _convert(hint: Any, value: object, where: str) -> Any:
    if hint is Any:  # looked at by whoever owns the dataclass
        return value
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        (inner,) = (argument for argument in arguments if argument is not types.NoneType)
        return _convert(inner, value, where)
    if origin is typing.Literal:
        if value not in arguments:
            choices = ", ".join(map(repr, arguments))
            raise RecipeError(f"{where}: expected one of {choices}, found {_show(value)}")
        return value
    if origin is tuple:
        if not isinstance(value, list | tuple):
            raise RecipeError(f"{where}: expected a list, found {_show(value)}")
        labels = [_label(where, at, item) for at, item in enumerate(value)]
        items = zip(labels, value, strict=True)
        return tuple(_convert(arguments[0], item, label) for label, item in items)
    if dataclasses.is_dataclass(hint):
        return parse_section(typing.cast(type, hint), value, where)
    if origin is not None and issubclass(origin, Mapping):
        if not isinstance(value, Mapping):
            raise RecipeError(f"{where}: expected a table, found {_show(value)}")
        return {key: _convert(arguments[1], item, f"{where}.{key}") for key, item in value.items()}
    if hint is float and isinstance(value, int) and not isinstance(value, bool):
        return float(value)
    if type(value) is not hint:
        words = {str: "a string", int: "a whole number", float: "a number", bool: "true or false"}
        raise RecipeError(f"{where}: expected {words[hint]}, found {_show(value)}")
    return value


def _label(where: str, at: int, item: object) -> str:
    """What to call an entry of a list: by its name, if it has one."""
    name = item.get("name") if isinstance(item, Mapping) else None
    return f"{where}.{name}" if isinstance(name, str) else f"{where}[{at}]"


def _show(value: object) -> str:
    if isinstance(value, dict):
        return "a table"
    return "a list" if isinstance(value, list) else repr(value)
