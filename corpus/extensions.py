"""What other packages add to Haybale, by the entry points of their distributions.

    [project.entry-points."haybale.rules"]      # rules and edits: quality/rules, quality/edits
    [project.entry-points."haybale.sources"]    # readers: pipeline/sources
    [project.entry-points."haybale.dedup"]      # keys of duplicates: pipeline/dedup/keys
    notices = "notices.rules"                   # a module, whatever its name is here

A registry loads the modules of its group once, in the order of their packages' names.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from importlib.metadata import EntryPoint, entry_points
from typing import Any

from haybale.corpus.errors import HaybaleError, RecipeError

GROUPS = ("haybale.rules", "haybale.sources", "haybale.dedup")
_NAME = re.compile(r"[\w.-]+/[\w.-]+@[0-9]+", re.ASCII)
_OWN = "haybale"


def load_registry(package: str, group: str) -> None:
    """Import the modules of a package of ours, then those of a group: they register what they have.

    Raises:
        RecipeError: As `load_extensions` does.
    """
    for info in pkgutil.iter_modules(importlib.import_module(package).__path__):
        importlib.import_module(f"{package}.{info.name}")
    for _ in load_extensions(group):
        pass


def load_extensions(group: str) -> Iterator[tuple[str, Any]]:
    """What the entry points of a group name, each with what to call it in errors.

    Raises:
        RecipeError: If one cannot be loaded: it is the environment that has to be mended.
    """
    assert group in GROUPS, group
    for entry in sorted(entry_points(group=group), key=lambda one: (_package(one), one.name)):
        where = f"{_package(entry)}: entry point {entry.name} = {entry.value!r} of {group}"
        try:
            loaded = entry.load()
        except HaybaleError as error:  # which says what to do
            raise RecipeError(f"{where} cannot be loaded: {error}") from error
        except Exception as error:  # whatever a stranger's module does when it is imported
            raise RecipeError(
                f"{where} cannot be loaded: {type(error).__name__}: {error}; mend that package, "
                "or uninstall it"
            ) from error
        yield where, loaded


@contextmanager
def calling(what: str, module: str, advice: str) -> Iterator[None]:
    """Say whose function it was that raised, if it is another package's.

    Args:
        what: Its name, and what it was given.
        module: Where it is defined.
        advice: What its author may do.

    Raises:
        RecipeError: In place of anything but what Haybale itself, disk or memory raise.
    """
    try:
        yield
    except (HaybaleError, OSError, MemoryError):
        raise
    except Exception as error:
        if _top(module) == _OWN:
            raise
        shown = f"{type(error).__name__}: {error}"
        raise RecipeError(f"{what}: {module} raised {shown}; {advice}") from error


def packages_of(modules: Iterable[str]) -> dict[str, str]:
    """Name and version of the other packages that have these modules; of Haybale's own none."""
    known = [entry for group in GROUPS for entry in entry_points(group=group)]
    found = {}
    for module in sorted({module for module in modules if _top(module) != _OWN}):
        beside = [entry for entry in known if _top(entry.module) == _top(module)]
        if beside:
            # Packages may share a namespace: the entry that is nearest by name is the module's.
            entry = max(beside, key=lambda one: _num_shared(one.module, module))
            assert entry.dist is not None
            found[_package(entry)] = entry.dist.version
    return dict(sorted(found.items()))


def check_name(name: str, about: str | None, module: str, registered: dict[str, str]) -> None:
    """Check what is about to be registered under a versioned name.

    Args:
        name: `family/what@version`.
        about: Its docstring.
        module: Where it is defined.
        registered: The module of each name that is there already.

    Raises:
        RecipeError: If it cannot be, or belongs to somebody else.
    """
    if not _NAME.fullmatch(name):
        raise RecipeError(
            f"{name!r} in {module}: expected a name like family/what@1, with a version that is "
            "counted up when what it computes changes"
        )
    if name in registered:
        raise RecipeError(
            f"{name} in {module}: {registered[name]} has one of that name; choose another, or "
            "the next version"
        )
    family = name.partition("/")[0]
    for other, owner in registered.items():
        if other.partition("/")[0] == family and _top(owner) != _top(module):
            raise RecipeError(
                f"{name} in {module}: the family {family}/ is of {owner}, and profiles that ask "
                f"for it would change; choose another family, such as {_top(module)}/"
            )
    if not (about or "").strip():
        raise RecipeError(f"{name} in {module}: expected a docstring that says what it computes")


def _package(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist is not None else _top(entry.module)


def _top(module: str) -> str:
    return module.partition(".")[0]


def _num_shared(left: str, right: str) -> int:
    """How many names of two dotted ones are the same, from the first on."""
    pairs = zip(left.split("."), right.split("."), strict=False)
    return next((at for at, (one, other) in enumerate(pairs) if one != other), len(left))
