"""The split plan: which files, or which piece of one, make part i.

A pure function of recipe and file listing: no file is opened.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from haybale.corpus.errors import RecipeError
from haybale.corpus.listing import InputFile, match_files
from haybale.pipeline.planning.earlier import EarlierCorpus
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.recipe.subset import Subset
from haybale.pipeline.sources import can_split, reader_for

PLAN_PATH = "run/plan.json"


@dataclass(frozen=True)
class Part:
    """The unit of work and of resume.

    Attributes:
        number: Index over all parts; the high bits of a document's address.
        subset: All its files belong to this one.
        files: Read in this order.
        piece: First byte, and the one behind the last, of its only file, where the part is a piece
            of that; None: its files are whole.
    """

    number: int
    subset: str
    files: tuple[InputFile, ...]
    piece: tuple[int, int] | None = None

    @property
    def name(self) -> str:
        """Stem of its files: `<subset>/<number>`."""
        return f"{self.subset}/{self.number:05d}"

    @property
    def goes_on(self) -> bool:
        """Whether it goes on with a file that a part before it begins."""
        return self.piece is not None and self.piece[0] > 0

    @property
    def num_bytes(self) -> int:
        """Bytes of its input."""
        if self.piece is not None:
            return self.piece[1] - self.piece[0]
        return sum(file.num_bytes for file in self.files)


def plan_parts(loaded: LoadedRecipe) -> tuple[Part, ...]:
    """List the input and group it into parts.

    Raises:
        RecipeError: If a pattern matches nothing, two files would share ids, or a file has no
            reader.
    """
    parts: list[Part] = []
    for subset in loaded.recipe.subsets:
        for files, piece in _pieces(loaded, subset):
            parts.append(Part(len(parts), subset.name, files, piece))
    return tuple(parts)


def _pieces(
    loaded: LoadedRecipe, subset: Subset
) -> Iterator[tuple[tuple[InputFile, ...], tuple[int, int] | None]]:
    """Small files together, a large one in equal pieces, or alone where its reader cannot split."""
    part_bytes = loaded.recipe.ingest.part_bytes
    group: list[InputFile] = []
    for file in _subset_files(loaded, subset):
        full = sum(member.num_bytes for member in group) + file.num_bytes
        if group and full > part_bytes:
            yield tuple(group), None
            group = []
        count = -(-file.num_bytes // part_bytes)
        if count > 1 and can_split(reader_for(file.name, subset.format), file.name):
            bounds = [file.num_bytes * at // count for at in range(count + 1)]
            yield from (((file,), piece) for piece in pairwise(bounds))
        else:
            group.append(file)
    if group:
        yield tuple(group), None


def _subset_files(loaded: LoadedRecipe, subset: Subset) -> list[InputFile]:
    by_name: dict[str, InputFile] = {}
    for pattern in subset.paths:
        where = f"subsets.{subset.name}.paths"
        located = loaded.locate(pattern, where)
        found = match_files(located)
        if not found:
            looked = "" if located == pattern else f" (looked for {located})"
            raise RecipeError(
                f"{where}: {pattern} matches no file{looked}; mend the path or remove it"
            )
        for file in found:
            reader_for(file.name, subset.format)
            other = by_name.setdefault(file.name, file)
            if other.path != file.path:
                raise RecipeError(
                    f"{where}: {other.path} and {file.path} share the name {file.name}, and so "
                    "their documents would share ids; use one pattern over their common folder"
                )
    return [by_name[name] for name in sorted(by_name)]


def plan_as_json(
    loaded: LoadedRecipe, parts: tuple[Part, ...], earlier: tuple[EarlierCorpus, ...] = ()
) -> dict[str, Any]:
    """What `run/plan.json` holds; enough for a worker to do any part."""
    return {
        "recipe": loaded.raw,
        "parts": [
            {
                "subset": part.subset,
                "files": [vars(file) for file in part.files],
                **({} if part.piece is None else {"piece": list(part.piece)}),
            }
            for part in parts
        ],
        "earlier": [vars(corpus) for corpus in earlier],
    }


def plan_from_json(raw: dict[str, Any]) -> tuple[Part, ...]:
    """The parts of `plan_as_json`."""
    return tuple(
        Part(
            number,
            part["subset"],
            tuple(InputFile(**file) for file in part["files"]),
            tuple(part["piece"]) if "piece" in part else None,
        )
        for number, part in enumerate(raw["parts"])
    )


def earlier_from_json(raw: dict[str, Any]) -> tuple[EarlierCorpus, ...]:
    """The earlier corpora of `plan_as_json`."""
    return tuple(EarlierCorpus.from_json(corpus) for corpus in raw.get("earlier", ()))
