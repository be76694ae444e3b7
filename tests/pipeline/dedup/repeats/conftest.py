"""Finding and cutting repeats without Beam, and what it should give, in plain Python."""

import itertools
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pyarrow as pa
import pytest

from haybale.corpus.edits import apply_edits
from haybale.pipeline.dedup.repeats.anchors import find_anchors
from haybale.pipeline.dedup.repeats.cuts import Cuts, cut_words
from haybale.pipeline.dedup.repeats.occurrences import find_occurrences, shared_keys
from haybale.pipeline.dedup.repeats.settings import RepeatsSettings
from haybale.pipeline.dedup.repeats.verdicts import decide, live_anchors, losing


@dataclass
class Result:
    """Texts after cuts, by id; all edits by id; how many rows each step had."""

    texts: dict[int, str]
    edits: dict[int, list[tuple[int, int, str, str]]]
    num_anchors: int
    num_live: int
    num_occurrences: int


def cut_texts(blocks: list[dict[int, str]], settings: RepeatsSettings, shuffle: int = 0) -> Result:
    """Cut texts, by id in blocks; the rows of each step arrive shuffled."""
    rng = np.random.default_rng(shuffle)
    texts = [pa.array(list(block.values()), pa.large_string()) for block in blocks]
    # Ids in the order of these numbers, and both words of them count.
    ids = [np.array([divmod(i, 3) for i in block], np.uint64).reshape(-1, 2) for block in blocks]
    anchors = np.concatenate([find_anchors(each, at, settings) for at, each in enumerate(texts)])
    live = live_anchors(rng.permutation(anchors))
    occurrences = [
        find_occurrences(each, ids[at], live["key"][live["block"] == at], settings)
        for at, each in enumerate(texts)
    ]
    shared = [shared_keys(each, ids[at], at) for at, each in enumerate(occurrences)]
    told, verdicts = decide(rng.permutation(np.concatenate(shared)), settings)
    result = Result({}, {}, len(anchors), len(live), sum(map(len, occurrences)))
    for at, each in enumerate(texts):
        lost = occurrences[at][losing(occurrences[at], verdicts[told == at], settings)]
        cuts = cut_words(each, rng.permutation(lost), settings)
        _enter(result, blocks[at], each, cuts)
    return result


def _enter(result: Result, block: dict[int, str], texts: pa.Array, cuts: Cuts) -> None:
    names = list(block)
    result.texts |= dict(zip(names, apply_edits(texts, cuts.edits).to_pylist(), strict=True))
    for edit in cuts.edits.to_pylist():
        row, *rest = edit.values()
        result.edits.setdefault(names[row], []).append(tuple(rest))


@pytest.fixture(scope="session")
def cut() -> Callable[..., Result]:
    return cut_texts


def kept_words(texts: dict[int, list[str]], length: int) -> dict[int, list[str]]:
    """The words that stay of each text where repeated runs of so many words are cut.

    Sorted suffixes that share their first words are occurrences of the same run, of which the one
    in the text of the smallest id, at the smallest position, stays.
    """
    suffixes = sorted(
        (words[at : at + length], i, at)
        for i, words in texts.items()
        for at in range(len(words) - length + 1)
    )
    gone = {
        (i, at + k)
        for (before, *_), (run, i, at) in itertools.pairwise(suffixes)
        for k in range(length)
        if before == run
    }
    return {
        i: [word for at, word in enumerate(words) if (i, at) not in gone]
        for i, words in texts.items()
    }


@pytest.fixture(scope="session")
def oracle() -> Callable[[dict[int, list[str]], int], dict[int, list[str]]]:
    return kept_words
