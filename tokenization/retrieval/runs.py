"""The longest runs that chunks of a text share with documents, found in one pass over these.

The text's chunks become one suffix automaton, over which documents are walked token by token.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types

from haybale.corpus.indexed_shards import Int64s
from haybale.tokenization.retrieval.automaton import (
    FREE,
    INT32S,
    INT64S,
    UINT64S,
    build_automaton,
    slot_of,
)

_OFFSETS = types.Array(types.int64, 1, "C", readonly=True)


def _walk_signature(token: Any) -> Any:
    tokens = types.Array(token, 1, "C", readonly=True)
    graph = (INT32S, INT32S, UINT64S, INT32S)
    return types.void(_OFFSETS, tokens, types.int64, *graph, INT32S, INT64S)


@njit(  # type: ignore[untyped-decorator]
    [_walk_signature(types.uint16), _walk_signature(types.uint32)], cache=True, nogil=True
)
def _walk(
    offsets: Any,
    tokens: Any,
    before: int,
    longest: Any,
    link: Any,
    keys: Any,
    targets: Any,
    found: Any,
    places: Any,
) -> None:
    """Read documents; `found` is the longest run met in each state, `places` where it ended."""
    for row in range(len(offsets) - 1):
        state, length = np.int64(0), np.int64(0)
        for at in range(offsets[row], offsets[row + 1]):
            token = np.int64(tokens[at])
            slot = slot_of(keys, state, token)
            while keys[slot] == FREE and state > 0:
                state = np.int64(link[state])
                length = np.int64(longest[state])
                slot = slot_of(keys, state, token)
            if keys[slot] != FREE:
                state, length = np.int64(targets[slot]), length + 1
                if length > found[state]:
                    found[state], places[state] = length, before + at


@njit(  # type: ignore[untyped-decorator]
    types.void(INT64S, INT32S, INT32S, INT32S, INT64S), cache=True, nogil=True
)
def _pass_on(order: Any, longest: Any, link: Any, found: Any, places: Any) -> None:
    """What was met in a state was met in those of its suffixes, and they bound what it lacks.

    Args:
        order: States by `longest`, rising.
        longest: Of each state.
        link: Of each state.
        found: Longest run met in each state; left: the longest that ends wherever it ends.
        places: Where one ended.
    """
    for rank in range(len(order) - 1, 0, -1):
        state = order[rank]
        suffix = link[state]
        if found[state] > 0 and found[suffix] < longest[suffix]:
            found[suffix], places[suffix] = longest[suffix], places[state]
    for rank in range(1, len(order)):
        state = order[rank]
        if found[state] == 0:
            found[state], places[state] = found[link[state]], places[link[state]]


class Run(NamedTuple):
    """The longest run of a chunk; fields as of `Overlap`, and where it begins in all that was read.

    Attributes:
        place: -1 without a run.
    """

    first_token: int
    num_tokens: int
    run_tokens: int
    run_first_token: int
    place: int


class RunSearch:
    """Searches documents for runs of a text's chunks.

    Args:
        tokens: int[tokens] of the text, without EOS.
        chunk_tokens: Length of its chunks; the last may be short.
        vocabulary_size: Ids are below it.
    """

    def __init__(self, tokens: npt.NDArray[Any], chunk_tokens: int, vocabulary_size: int) -> None:
        self._num_tokens, self._chunk_tokens = len(tokens), chunk_tokens
        bounds = np.arange(chunk_tokens, len(tokens), chunk_tokens)
        # Between chunks stand ids that no document has, each once, so that no run goes over them.
        separators = vocabulary_size + np.arange(len(bounds))
        self._automaton = build_automaton(np.insert(tokens.astype(np.int64), bounds, separators))
        self._found = np.zeros(len(self._automaton.longest), np.int32)
        self._places = np.full(len(self._automaton.longest), -1, np.int64)

    def read(self, offsets: Int64s, tokens: npt.NDArray[Any], before: int) -> None:
        """Search documents.

        Args:
            offsets: int64[documents + 1] into `tokens`.
            tokens: uint16 or uint32[tokens].
            before: Tokens read before these, by which places are told.
        """
        graph = self._automaton
        _walk(
            offsets,
            tokens,
            before,
            graph.longest,
            graph.link,
            graph.keys,
            graph.targets,
            self._found,
            self._places,
        )

    def runs(self) -> list[Run]:
        """The longest run of each chunk."""
        graph, found, places = self._automaton, self._found.copy(), self._places.copy()
        order = np.argsort(graph.longest, kind="stable")
        _pass_on(order, graph.longest, graph.link, found, places)
        runs = []
        for number, first in enumerate(range(0, self._num_tokens, self._chunk_tokens)):
            last = min(first + self._chunk_tokens, self._num_tokens)
            # A separator stands before each chunk but the first.
            states = self._automaton.ends[first + number : last + number]
            best = int(np.argmax(found[states]))
            length, end = int(found[states[best]]), int(places[states[best]])
            if length:
                runs.append(
                    Run(first, last - first, length, first + best - length + 1, end - length + 1)
                )
            else:
                runs.append(Run(first, last - first, 0, first, -1))
        return runs
