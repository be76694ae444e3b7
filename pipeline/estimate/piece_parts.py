"""Pieces of the input as parts of a plan of their own: cut out, and named so that ids differ."""

import re
from dataclasses import replace
from pathlib import Path, PurePosixPath

from haybale.corpus.listing import InputFile, match_file
from haybale.pipeline.estimate.cutting import can_be_empty, cut
from haybale.pipeline.estimate.pieces import Piece
from haybale.pipeline.estimate.ranges import Range
from haybale.pipeline.planning.plan import Part
from haybale.pipeline.recipe.loaded import LoadedRecipe

_NUMBER = re.compile(r"~\d{6}(?=\.|$)")


def parts_of(pieces: tuple[Piece, ...], loaded: LoadedRecipe, folder: Path) -> tuple[Part, ...]:
    """Cut pieces and make each a part.

    Args:
        pieces: In any order.
        loaded: The recipe.
        folder: Where files are cut into.

    Returns:
        A part for each piece, in this order.
    """
    ranges: dict[InputFile, list[Range]] = {}
    formats: dict[InputFile, str | None] = {}
    found: list[list[tuple[InputFile, Range | None]]] = []
    for number, piece in enumerate(pieces):
        found.append([])
        format_ = loaded.recipe.subset(piece.part.subset).format
        for file, start, stop in piece.files():
            if stop - start == file.num_bytes:
                found[-1].append((file, None))
                continue
            name = _name_of(file.name, number)
            target = folder / f"{number:06d}.{len(found[-1]):06d}.{PurePosixPath(name).name}"
            each = Range(start, stop, target)
            ranges.setdefault(file, []).append(each)
            formats[file] = format_
            found[-1].append((replace(file, name=name), each))
    for file, mine in ranges.items():
        cut(file, sorted(mine, key=lambda each: each.start), formats[file])
    return tuple(
        Part(number, piece.part.subset, tuple(_input(*each) for each in files))
        for number, (piece, files) in enumerate(zip(pieces, found, strict=True))
    )


def _input(file: InputFile, cut_range: Range | None) -> InputFile:
    """The file that was cut out, under the name that it has as a piece."""
    if cut_range is None:
        return file
    return replace(_local(cut_range.target), name=file.name)


def _local(path: Path) -> InputFile:
    found = match_file(str(path))
    assert found is not None, path
    return found


def _name_of(name: str, number: int) -> str:
    """A piece's name: ids come from it, and what it begins and ends with may mean something."""
    stem, dot, endings = PurePosixPath(name).name.partition(".")
    return str(PurePosixPath(name).with_name(f"{stem}~{number:06d}{dot}{endings}"))


def name_of_whole(name: str) -> str:
    """The name of the file that a piece was cut from; other names stay as they are."""
    folder, slash, last = name.rpartition("/")
    return folder + slash + _NUMBER.sub("", last, count=1)


def empty_part(loaded: LoadedRecipe, parts: tuple[Part, ...], folder: Path) -> tuple[Part, ...]:
    """A part with an empty file: what a part takes by itself; none where formats need content."""
    for part in parts:
        format_ = loaded.recipe.subset(part.subset).format
        if part.files and can_be_empty(part, format_):
            endings = part.files[0].name.rpartition("/")[2].partition(".")[2]
            path = folder / f"empty.{endings}"
            path.touch()
            return (Part(len(parts), part.subset, (replace(_local(path), name=path.name),)),)
    return ()
