"""What a key of exact duplicates is: documents for which it is the same are duplicates."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import pyarrow as pa
import xxhash

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.errors import RecipeError
from haybale.corpus.extensions import calling, check_name

KeyFunction = Callable[[pa.RecordBatch], pa.Array]
_KINDS = (pa.string(), pa.large_string(), pa.binary(), pa.large_binary())


@dataclass(frozen=True)
class Key:
    """A registered key.

    Attributes:
        name: In recipes.
        method: In `dedup/duplicates.arrow`.
        column: Of `signatures/`, binary(16).
        same_words: Whether documents that share it have the same words, and so a similarity of 1;
            otherwise nothing is known of how alike their texts are.
        columns: Of DOCUMENTS, that it is made of.
        compute: Of a batch of these columns, the text as edited, binary(16)[rows]; null where a
            document is nobody's duplicate.
        module: Where it is defined.
    """

    name: str
    method: str
    column: str
    same_words: bool
    columns: tuple[str, ...]
    compute: KeyFunction
    module: str

    def digests(self, documents: pa.RecordBatch, texts: pa.Array) -> pa.Array:
        """The key of each document.

        Args:
            documents: Some columns of DOCUMENTS, those of the key among them.
            texts: large_string[rows]: as edited.

        Returns:
            binary(16)[rows].
        """
        given = {name: documents.column(name) for name in self.columns if name != "text"}
        given |= {"text": texts} if "text" in self.columns else {}
        return self.compute(pa.RecordBatch.from_pydict(given))


@dataclass(frozen=True)
class _Digested:
    """What another package computes, checked, and as 16 bytes a document."""

    name: str
    function: KeyFunction

    def __call__(self, documents: pa.RecordBatch) -> pa.Array:
        """Keys of a batch."""
        with calling(self.name, self.function.__module__, "give null where there is no key"):
            found = self.function(documents)
        if isinstance(found, pa.ChunkedArray):
            found = found.combine_chunks()
        is_array = isinstance(found, pa.Array)
        shown = f"{found.type}[{len(found)}]" if is_array else type(found).__name__
        if not is_array or found.type not in _KINDS:
            raise RecipeError(f"{self.name}: expected an Arrow array of strings, found {shown}")
        if len(found) != documents.num_rows:
            raise RecipeError(
                f"{self.name}: expected a key or null for each of {documents.num_rows} documents, "
                f"found {shown}"
            )
        data = (one.encode() if isinstance(one, str) else one for one in found.to_pylist())
        digests = [None if one is None else xxhash.xxh3_128_digest(one) for one in data]
        return pa.array(digests, pa.binary(16))


REGISTERED: dict[str, Key] = {}


def exact_key(
    name: str, *, columns: tuple[str, ...] = ("text",)
) -> Callable[[KeyFunction], KeyFunction]:
    """Register a function as a key of exact duplicates.

    The function takes a batch of `columns` (of DOCUMENTS; `text` is the text as edited) and returns
    a string or null for each document: who shares a string is a duplicate, null is nobody's. It is
    called with batches of any size, and may depend on nothing but the document.

    Args:
        name: `family/what@version`, as recipes name it in `dedup.exact`.
        columns: What the key is made of.

    Raises:
        RecipeError: If the name is taken or no name, or a column is none.
    """

    def register(function: KeyFunction) -> KeyFunction:
        module = function.__module__
        check_name(name, function.__doc__, module, {k: v.module for k, v in REGISTERED.items()})
        unknown = [column for column in columns if column not in DOCUMENTS.names]
        if unknown or not columns:
            raise RecipeError(
                f"{name} in {module}: expected columns of {', '.join(DOCUMENTS.names)}; found "
                f"{', '.join(unknown) or 'none'}"
            )
        compute = _Digested(name, function)
        REGISTERED[name] = Key(name, name, name, False, columns, compute, module)
        return function

    return register


def own_key(
    name: str, column: str, *, same_words: bool, columns: tuple[str, ...] = ("text",)
) -> Callable[[KeyFunction], KeyFunction]:
    """Register a function of this package, which makes digests itself."""

    def register(compute: KeyFunction) -> KeyFunction:
        assert name not in REGISTERED, name
        module = compute.__module__
        method = f"exact/{name}@1"
        REGISTERED[name] = Key(name, method, column, same_words, columns, compute, module)
        return compute

    return register


def digests_of_slices(data: memoryview, offsets: list[int]) -> pa.Array:
    """binary(16)[rows]: of the bytes between each two offsets."""
    edges = itertools.pairwise(offsets)
    digests = b"".join(xxhash.xxh3_128_digest(data[start:stop]) for start, stop in edges)
    buffers = [None, pa.py_buffer(digests)]
    return pa.FixedSizeBinaryArray.from_buffers(pa.binary(16), len(offsets) - 1, buffers)
