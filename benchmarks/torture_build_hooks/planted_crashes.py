"""Code that crashes at planted documents: where they are judged, and where they are tokenized.

No library at hand crashes at a known document, so these do: one raises, one kills its process by
reading at address 0. Wrapped around the functions when their modules are imported, in every process
of a build; the package itself knows nothing of it.
"""

import ctypes
import importlib.abc
import importlib.machinery
import importlib.util
import sys
from collections.abc import Callable, Sequence
from types import ModuleType
from typing import Any

JUDGED_RAISES, JUDGED_KILLS = "planted-judged-raises", "planted-judged-kills"
TOKENIZED_RAISES, TOKENIZED_KILLS = "planted-tokenized-raises", "planted-tokenized-kills"
"""Words of documents."""


def _crash_at(texts: Any, raises: str, kills: str) -> None:
    for text in texts.to_pylist():
        if kills in text:
            ctypes.string_at(0)
        if raises in text:
            raise RuntimeError("planted")


def _plant_judging(module: ModuleType) -> None:
    decide = module.decide

    def planted(records: Any, *arguments: Any) -> Any:
        _crash_at(records.documents.column("text"), JUDGED_RAISES, JUDGED_KILLS)
        return decide(records, *arguments)

    module.decide = planted


def _plant_tokenizing(module: ModuleType) -> None:
    read_tokenizer = module.read_tokenizer

    def planted(folder: Any) -> Any:
        tokenizer = read_tokenizer(folder)
        encode = tokenizer.encode

        def encode_planted(texts: Any) -> Any:
            _crash_at(texts, TOKENIZED_RAISES, TOKENIZED_KILLS)
            return encode(texts)

        tokenizer.encode = encode_planted
        return tokenizer

    module.read_tokenizer = planted


_PLANTS: dict[str, Callable[[ModuleType], None]] = {
    "haybale.pipeline.ingesting.judging": _plant_judging,
    "haybale.pipeline.jobs.tokens": _plant_tokenizing,
}


class _Planter(importlib.abc.MetaPathFinder):
    """Finds what the others find, and plants when it has been loaded."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in _PLANTS:
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            load, plant = spec.loader.exec_module, _PLANTS[name]

            def planted(module: ModuleType) -> None:
                load(module)
                plant(module)

            spec.loader.exec_module = planted  # type: ignore[method-assign]
        return spec


def install() -> None:
    """Plant in this process; to be called before the package is imported."""
    sys.meta_path.insert(0, _Planter())
