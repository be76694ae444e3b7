"""Input formats, one reader per file: bytes to batches of documents.

A reader is a module of this package with `NAME` (versioned), `SUFFIXES` and `read`. One that undoes
the compression that a file's name ends with says `DECOMPRESSES = True`; others get no such file.
One whose files can be read in pieces has `splits` and `read_span` as well. The registry fills by
scanning the package, and takes the entry points `haybale.sources` of other packages.
"""

import importlib
import pkgutil
import re
from collections.abc import Iterator
from functools import cache
from typing import Any, Protocol, TypeGuard, cast

from haybale.corpus.errors import RecipeError
from haybale.corpus.extensions import load_extensions
from haybale.corpus.recipe import nearest
from haybale.pipeline.sources.compression import COMPRESSIONS, compression_of
from haybale.pipeline.sources.records import ReadOptions, Records
from haybale.pipeline.sources.span import Span

_NAME = re.compile(r"[a-z0-9_-]+@[0-9]+")


class Reader(Protocol):
    """What a module of this package offers."""

    NAME: str
    """Format and version, such as `jsonl@1`."""
    SUFFIXES: tuple[str, ...]
    """File name endings, compression left out."""

    def read(self, path: str, options: ReadOptions) -> Iterator[Records]:
        """Records of one file, in order; unreadable ones are yielded as such, never raised."""


class SplitReader(Reader, Protocol):
    """What a module offers whose files can be read in pieces."""

    def splits(self, name: str) -> bool:
        """Whether a file of that name can."""

    def read_span(self, path: str, options: ReadOptions, span: Span) -> Iterator[Records]:
        """Records that begin in a span, with the same positions as `read` gives them.

        The spans of a file give together what `read` gives, each record once. Where a reader has to
        search for the first record of a span, it may be deceived: it then says in the last batch
        what it took (`Records.covered`), and is called again with a span whose `begin` is right.
        """


@cache
def readers() -> dict[str, Reader]:
    """All readers by format name, without version.

    Raises:
        RecipeError: If another package's is no reader, or one that would take ours' place.
    """
    modules = [
        importlib.import_module(f"{__name__}.{info.name}")
        for info in pkgutil.iter_modules(__path__)
    ]
    found = [cast(Reader, module) for module in modules if hasattr(module, "SUFFIXES")]
    known = {reader.NAME.partition("@")[0]: reader for reader in found}
    for where, loaded in load_extensions("haybale.sources"):
        known[_format_of(where, loaded, known)] = loaded
    return known


def _format_of(where: str, loaded: Any, known: dict[str, Reader]) -> str:
    """The format of another package's reader."""
    if missing := [name for name in ("NAME", "SUFFIXES", "read") if not hasattr(loaded, name)]:
        raise RecipeError(
            f"{where}: expected a module with NAME, SUFFIXES and read, found one without "
            f"{', '.join(missing)}"
        )
    if not _NAME.fullmatch(str(loaded.NAME)):
        raise RecipeError(f'{where}: expected a NAME like "notices@1", found {loaded.NAME!r}')
    if not isinstance(loaded.SUFFIXES, tuple):  # a string would be a tuple of its letters
        raise RecipeError(
            f'{where}: expected SUFFIXES like (".notices",), a tuple, found {loaded.SUFFIXES!r}'
        )
    format_ = str(loaded.NAME.partition("@")[0])
    if format_ in known:
        raise RecipeError(
            f"{where}: there is a reader of format {format_}, {known[format_].NAME}; choose "
            "another NAME"
        )
    for other, reader in known.items():
        if taken := set(reader.SUFFIXES) & set(loaded.SUFFIXES):
            raise RecipeError(
                f"{where}: files that end in {min(taken)} are read as {other}; leave it out of "
                f'SUFFIXES and let subsets say format = "{format_}"'
            )
    return format_


def module_of(reader: Any) -> str:
    """Where a reader is defined: a module is its own; anything else is of a class of one."""
    return str(getattr(reader, "__name__", type(reader).__module__))


def can_split(reader: Reader, name: str) -> TypeGuard[SplitReader]:
    """Whether a reader can read pieces of a file of that name."""
    return hasattr(reader, "read_span") and cast(SplitReader, reader).splits(name)


def reader_for(path: str, name: str | None = None) -> Reader:
    """The reader for a file, by the recipe's `format` or by the file's name.

    Raises:
        RecipeError: If there is no such reader, or if it does not read a file so compressed.
    """
    if name is not None:
        if name not in readers():
            raise RecipeError(f"unknown format {name!r}; {nearest(name, readers())}")
        return _checked(readers()[name], path)
    bare = path.lower()
    while compression := compression_of(bare):
        bare = bare.removesuffix(compression)
    for reader in readers().values():
        if bare.endswith(reader.SUFFIXES):
            return _checked(reader, path)
    known = ", ".join(sorted(suffix for each in readers().values() for suffix in each.SUFFIXES))
    raise RecipeError(
        f"{path}: no reader for this file name; known endings are {known}, also with "
        f"{', '.join(COMPRESSIONS)}; give the subset a `format` if the file has another name"
    )


def _checked(reader: Reader, path: str) -> Reader:
    """The reader, if it undoes the compression that the file's name ends with."""
    compression = compression_of(path)
    if compression is None:
        return reader
    if not getattr(reader, "DECOMPRESSES", False):
        format_ = reader.NAME.partition("@")[0]
        raise RecipeError(
            f"{path}: expected a file of format {format_} as it is, found one compressed with "
            f"{compression}; decompress it, {format_} files are compressed inside"
        )
    if inner := compression_of(path[: -len(compression)]):
        raise RecipeError(
            f"{path}: expected one compression, found {inner}{compression}; undo one of them"
        )
    return reader
