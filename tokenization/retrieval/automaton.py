"""The suffix automaton of a token sequence: all its runs, in memory proportional to its length.

Blumer et al. 1985 ("The smallest automaton recognizing the subwords of a text"), built as there
one token at a time. A state stands for the runs that end at the same places of the sequence;
`longest` is the length of the longest of them, and `link` leads to the state of the longest of its
suffixes that also ends elsewhere. Walking another text over it gives, at every token, the longest
run that ends there and stands in the sequence: in time proportional to that text.
"""

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt
from numba import njit, types

INT64S, INT32S = types.Array(types.int64, 1, "C"), types.Array(types.int32, 1, "C")
UINT64S = types.Array(types.uint64, 1, "C")
TOKENS = types.Array(types.int64, 1, "C", readonly=True)
FREE = np.uint64(0xFFFFFFFFFFFFFFFF)
"""Key of a slot without a transition."""
_SHIFT, _MIX = np.uint64(32), np.uint64(0x9E3779B97F4A7C15)


class Automaton(NamedTuple):
    """Arrays of the automaton; state 0 is the empty run's.

    Attributes:
        longest: int32[states].
        link: int32[states]; -1 for state 0.
        keys: uint64[slots]: (state << 32 | token) of a transition, in an open-addressing table.
        targets: int32[slots]: the state it leads to.
        ends: int32[tokens]: the state of the sequence up to and with each token.
    """

    longest: npt.NDArray[np.int32]
    link: npt.NDArray[np.int32]
    keys: npt.NDArray[np.uint64]
    targets: npt.NDArray[np.int32]
    ends: npt.NDArray[np.int32]


@njit(inline="always")  # type: ignore[untyped-decorator]
def slot_of(keys: Any, state: Any, token: Any) -> Any:
    """The slot of a transition, or the free one where it belongs."""
    mask = len(keys) - 1
    key = (np.uint64(state) << _SHIFT) | np.uint64(token)
    mixed = key * _MIX
    slot = np.int64((mixed ^ (mixed >> _SHIFT)) & np.uint64(mask))
    while keys[slot] != FREE and keys[slot] != key:
        slot = (slot + 1) & mask
    return slot


@njit(inline="always")  # type: ignore[untyped-decorator]
def _connect(
    keys: Any, targets: Any, state: Any, token: Any, target: Any, edges: Any, first: Any, count: Any
) -> Any:
    """Lead from a state by a token; a new transition also joins the list of its state's."""
    slot = slot_of(keys, state, token)
    if keys[slot] == FREE:
        keys[slot] = (np.uint64(state) << _SHIFT) | np.uint64(token)
        edges[count, 0], edges[count, 1] = token, first[state]
        first[state] = count
        count += 1
    targets[slot] = target
    return count


@njit(  # type: ignore[untyped-decorator]
    types.int64(TOKENS, INT32S, INT32S, UINT64S, INT32S, INT32S), cache=True, nogil=True
)
def _build(tokens: Any, longest: Any, link: Any, keys: Any, targets: Any, ends: Any) -> int:
    # What leaves a state, as linked lists: a state that is split in two hands them all on.
    edges = np.empty((3 * len(tokens) + 1, 2), np.int64)
    first = np.full(len(longest), -1, np.int64)
    num_edges, num_states, last = 0, 1, 0
    link[0] = -1
    for at in range(len(tokens)):
        token, new = tokens[at], num_states
        num_states += 1
        longest[new] = longest[last] + 1
        state = np.int64(last)
        while state >= 0 and keys[slot_of(keys, state, token)] == FREE:
            num_edges = _connect(keys, targets, state, token, new, edges, first, num_edges)
            state = np.int64(link[state])
        if state < 0:
            link[new] = 0
        else:
            target = np.int64(targets[slot_of(keys, state, token)])
            if longest[target] == longest[state] + 1:
                link[new] = target
            else:
                # Only some of the target's runs end here too: these get a state of their own.
                split = num_states
                num_states += 1
                longest[split] = longest[state] + 1
                link[split] = link[target]
                edge = first[target]
                while edge >= 0:
                    by = edges[edge, 0]
                    onward = targets[slot_of(keys, target, by)]
                    num_edges = _connect(keys, targets, split, by, onward, edges, first, num_edges)
                    edge = edges[edge, 1]
                while state >= 0:
                    slot = slot_of(keys, state, token)
                    if keys[slot] == FREE or targets[slot] != target:
                        break
                    targets[slot] = split
                    state = np.int64(link[state])
                link[target] = split
                link[new] = split
        ends[at] = new
        last = new
    return num_states


def build_automaton(tokens: npt.NDArray[np.int64]) -> Automaton:
    """The automaton of a sequence of tokens, int64[tokens], each below 2^32.

    Memory: about 200 bytes for each token.
    """
    # At most 2n states and 3n transitions (Blumer et al.); the table stays half empty.
    num_states, slots = 2 * len(tokens) + 2, 16
    while slots < 6 * len(tokens):
        slots *= 2
    longest, link = np.zeros(num_states, np.int32), np.zeros(num_states, np.int32)
    keys, targets = np.full(slots, FREE), np.zeros(slots, np.int32)
    ends = np.empty(len(tokens), np.int32)
    tokens = tokens.copy()
    tokens.flags.writeable = False
    count = _build(tokens, longest, link, keys, targets, ends)
    return Automaton(longest[:count].copy(), link[:count].copy(), keys, targets, ends)
