"""Earlier corpora that a build is deduplicated against: by their signatures, not their texts."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import pyarrow as pa

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.corpus.manifest import Manifest, read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import takedowns_of
from haybale.pipeline.dedup.keys import key_of
from haybale.pipeline.dedup.settings import DedupSettings
from haybale.pipeline.kept.signatures import signatures_path, signatures_schema
from haybale.pipeline.recipe.loaded import LoadedRecipe

_FOLDER = "signatures/"
_SUFFIX = ".arrow"


@dataclass(frozen=True)
class EarlierCorpus:
    """A finished corpus whose documents stand for those of a new one that resemble them.

    Attributes:
        uri: Its folder.
        name: Its recipe's name.
        digest: Of its manifest.
        origin: Of its manifest before anything was taken down.
        is_update: Whether it was built against earlier ones itself.
        parts: Names of its parts.
    """

    uri: str
    name: str
    digest: str
    origin: str
    is_update: bool
    parts: tuple[str, ...]

    @classmethod
    def from_json(cls, raw: Mapping[str, Any]) -> "EarlierCorpus":
        """The inverse of `vars`."""
        return cls(**{**raw, "parts": tuple(raw["parts"])})


def find_earlier(loaded: LoadedRecipe) -> tuple[EarlierCorpus, ...]:
    """The corpora that the recipe names, in its order.

    Raises:
        RecipeError: If one is missing, or its signatures cannot be compared with ours.
    """
    settings = loaded.recipe.dedup
    found: list[EarlierCorpus] = []
    for place, path in enumerate(settings.against if settings else ()):
        assert settings is not None
        where = f"dedup.against[{place}]"
        folder = Folder(loaded.locate(path, where))
        try:
            manifest = read_manifest(folder)
        except HaybaleError as error:  # says itself what was expected
            raise RecipeError(f"{where}: {error}") from None
        except OSError as error:
            raise RecipeError(f"{where}: expected a finished corpus: {error}") from None
        names = _part_names(manifest)
        if names:
            _check_signatures(folder, names[0], settings, where)
        if manifest.name in {corpus.name for corpus in found}:
            raise RecipeError(
                f"{where}: {folder.uri} is called {manifest.name!r}, as another corpus here is; "
                "duplicates name a corpus, so each needs a name of its own"
            )
        found.append(
            EarlierCorpus(
                uri=folder.uri,
                name=manifest.name,
                digest=manifest.digest,
                origin=_origin(manifest),
                is_update=bool(manifest.lineage.get("earlier")),
                parts=names,
            )
        )
    return tuple(found)


def _origin(manifest: Manifest) -> str:
    takedowns = takedowns_of(manifest)
    return str(takedowns[0]["before"]) if takedowns else manifest.digest


def _part_names(manifest: Manifest) -> tuple[str, ...]:
    paths = (file.path for file in manifest.files if file.path.startswith(_FOLDER))
    return tuple(sorted(path.removeprefix(_FOLDER).removesuffix(_SUFFIX) for path in paths))


def _check_signatures(folder: Folder, part: str, settings: DedupSettings, where: str) -> None:
    there = pa.ipc.open_file(folder.open(signatures_path(part))).schema
    ours = signatures_schema(settings)
    for key in settings.exact_keys:
        if key_of(key).column not in there.names:
            raise RecipeError(
                f"{where}: {folder.uri} was built without exact = [{key!r}], so its signatures do "
                f"not hold it; leave {key!r} out of dedup.exact, or build that corpus anew"
            )
    if settings.scheme is None:
        return
    names = ours.metadata or {}
    for key, value in names.items():
        other = (there.metadata or {}).get(key, b"none")
        if other != value:
            raise RecipeError(
                f"{where}: {folder.uri} has signatures of {other.decode()}, this recipe makes "
                f"signatures of {value.decode()}; these cannot be compared: use the settings of "
                "that corpus, or build it anew"
            )
