"""How large clusters are of which a sample shows some members, and what each of them stands for.

A cluster in s of N pieces, of which n are drawn without replacement, shows g of them with
hypergeometric probability

    h(g; s) = C(s, g) (n)_g (N - n)_(s - g) / (N)_s,        (x)_k = x (x - 1) ... (x - k + 1)

and is seen to be a cluster if g is at least 2: D(s) = 1 - h(0; s) - h(1; s). The shares r(s) that
clusters of size s have among those seen are fitted to all g that were seen, by likelihood

    product over clusters of  sum over s of  r(s) h(g; s) / D(s)

with expectation and maximisation (Dempster, Laird and Rubin 1977), as Norris and Pollock 1998 count
species of which most are rare. From r(s) ~ D(s) / s^2 it goes a fixed number of ROUNDS: on to the
maximum it would only fit chance. A cluster of which g pieces were seen then stands for

    sum over s of  p(s | g) (s - 1) / D(s)

documents removed across pieces: each is weighted by the inverse of its chance to be seen (Horvitz
and Thompson 1952). Where all that was seen are pairs, though a larger cluster would mostly show
more, a pair stands for 1 / D(2), the inverse of its chance to be drawn. Where few pieces are drawn
larger ones mostly look like pairs too; a pair may then be of any size and stands for less, since
larger clusters are seen more often for each document that they lose. Of two drawn pieces nothing
can be told, and the shares stay as they began.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

ROUNDS = 50
_DENSE = 16
"""Sizes up to this are told apart; larger ones by steps of a quarter."""
_STEP = 1.25
_LARGE, _TERMS = 0.01, 12
"""Below the first, terms of D(s) from the second on are less than 1e-15 of it."""

Numbers = npt.NDArray[np.float64]


class Sighting(NamedTuple):
    """A cluster, as the sample shows it.

    Attributes:
        num_seen: Drawn pieces that it lies in, at least 2.
        pair_chance: Probability that two of its pieces are both drawn, in (0, 1].
        num_pieces: Pieces of the whole that it may lie in, drawn or not.
    """

    num_seen: int
    pair_chance: float
    num_pieces: float


class Worth(NamedTuple):
    """What a sighting stands for, in documents removed across pieces.

    Attributes:
        seen: As it was seen.
        less: Had one piece less of it been drawn.
    """

    seen: float
    less: float


def worths(sightings: Iterable[Sighting]) -> Mapping[Sighting, Worth]:
    """What each kind of sighting stands for, by all sightings together."""
    counted = Counter(sightings)
    if not counted:
        return {}
    kinds = sorted(counted)
    counts = np.array([counted[kind] for kind in kinds], np.float64)
    seen, chance, whole = (
        np.array(column, np.float64)[:, None] for column in zip(*kinds, strict=True)
    )
    whole = np.maximum(whole, seen)
    drawn = np.clip(_num_drawn(chance, whole), seen, whole)
    sizes = _sizes(seen, chance, whole)[None]
    detected = _detected(sizes, drawn, whole)
    possible = detected > 0
    inverse = np.divide(1.0, detected, out=np.zeros_like(detected), where=possible)
    likely = _shown(seen, sizes, drawn, whole) * inverse
    width = np.gradient(sizes[0]) if sizes.size > 1 else np.ones(1)
    shares = width / sizes**2 * np.average(detected, axis=0, weights=counts)
    for _ in range(ROUNDS):
        shares = counts @ _shares(shares * likely)
    worth = (sizes - 1) * inverse
    as_seen = (_shares(shares * likely) * worth).sum(1)
    fewer = _shares(shares * _shown(seen - 1, sizes, drawn, whole) * inverse)
    less = np.where(seen[:, 0] > 2, np.minimum((fewer * worth).sum(1), as_seen), 0.0)
    found = zip(as_seen.tolist(), less.tolist(), strict=True)
    return {kind: Worth(*both) for kind, both in zip(kinds, found, strict=True)}


def _num_drawn(chance: Numbers, whole: Numbers) -> Numbers:
    """Pieces drawn of so many, so that two are with this chance: n (n - 1) / (N (N - 1))."""
    return (1 + np.sqrt(1 + 4 * chance * whole * (whole - 1))) / 2


def _sizes(seen: Numbers, chance: Numbers, whole: Numbers) -> Numbers:
    """Sizes that are thought of: all small ones, steps up to twice the largest, and those seen."""
    most = min(float(whole.max()), 2 * float((seen / np.sqrt(chance)).max()) + _DENSE)
    sizes = list(range(2, _DENSE + 1))
    while sizes[-1] * _STEP < most:
        sizes.append(int(sizes[-1] * _STEP) + 1)
    return np.union1d([size for size in sizes if size <= max(2, most)], seen)


def _shown(seen: Numbers | np.float64, sizes: Numbers, drawn: Numbers, whole: Numbers) -> Numbers:
    """h(g; s)."""
    rest = sizes - seen
    possible = (rest >= 0) & (sizes <= whole) & (seen <= drawn) & (rest <= whole - drawn)
    logs = _log_falling(sizes, seen) - _log_falling(seen, seen)
    logs = logs + _log_falling(drawn, seen) + _log_falling(whole - drawn, rest)
    logs = logs - _log_falling(whole, sizes)
    return np.where(possible, np.exp(np.minimum(logs, 0.0)), 0.0)


def _detected(sizes: Numbers, drawn: Numbers, whole: Numbers) -> Numbers:
    """D(s); where it is small it is summed up, since a difference would be all rounding."""

    def shown(count: int) -> Numbers:
        return _shown(np.float64(count), sizes, drawn, whole)

    large = 1 - shown(0) - shown(1)
    small = np.sum([shown(count) for count in range(2, _TERMS)], axis=0)
    found: Numbers = np.where(sizes <= whole, np.where(large > _LARGE, large, small), 0.0)
    return found


def _log_falling(start: Numbers | np.float64, count: Numbers | np.float64) -> Numbers:
    """Logarithm of (x)_k; what cannot be is left for `_shown` to leave out."""
    return _log_gamma(start + 1) - _log_gamma(np.maximum(start - count + 1, 1e-9))


def _log_gamma(values: Numbers | np.float64) -> Numbers:
    found: Numbers = np.vectorize(math.lgamma, otypes=[np.float64])(values)
    return found


def _shares(weights: Numbers) -> Numbers:
    """Rows that add up to 1; a row of nothing stays nothing."""
    sums = weights.sum(1, keepdims=True)
    shares: Numbers = np.divide(weights, sums, out=np.zeros_like(weights), where=sums > 0)
    return shares
