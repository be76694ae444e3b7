"""Finding and cutting repeats without Beam, and what it should give, in plain Python."""

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

Texts = list[str]


@dataclass
class Result:
    """Texts after cuts, in the order in which they were given, and the cuts of each block."""

    texts: Texts
    cuts: list[Cuts]


def cut_texts(
    blocks: list[Texts], ids: list[list[int]], settings: RepeatsSettings, shuffle: int = 0
) -> Result:
    """Cut texts given in blocks; a shuffle of the rows between steps must change nothing."""
    rng = np.random.default_rng(shuffle)
    arrays = [pa.array(texts, pa.large_string()) for texts in blocks]
    words = [np.array([(0, each) for each in of], np.uint64).reshape(-1, 2) for of in ids]
    anchors = np.concatenate([find_anchors(each, at, settings) for at, each in enumerate(arrays)])
    live = live_anchors(rng.permutation(anchors))
    occurrences = [
        find_occurrences(each, words[at], live["key"][live["block"] == at], settings)
        for at, each in enumerate(arrays)
    ]
    shared = [shared_keys(each, words[at], at) for at, each in enumerate(occurrences)]
    told, verdicts = decide(rng.permutation(np.concatenate(shared)), settings)
    texts, cuts = [], []
    for at, each in enumerate(arrays):
        lost = occurrences[at][losing(occurrences[at], verdicts[told == at], settings)]
        cuts.append(cut_words(each, rng.permutation(lost), settings))
        texts += apply_edits(each, cuts[-1].edits).to_pylist()
    return Result(texts, cuts)


@pytest.fixture
def cut() -> Callable[..., Result]:
    return cut_texts


def kept_words(texts: list[list[str]], ids: list[int], length: int) -> list[list[str]]:
    """The words that stay of each text where repeated runs of so many words are cut.

    From sorted suffixes: neighbours that share their first `length` words are occurrences of the
    same run, of which the one in the text of the smallest id, at the smallest position, stays.
    """
    order = sorted(range(len(texts)), key=lambda text: ids[text])
    suffixes = sorted(
        (words[at:], rank, at)
        for rank, text in enumerate(order)
        for words in [texts[text]]
        for at in range(len(words) - length + 1)
    )
    gone: set[tuple[int, int]] = set()
    start = 0
    for at in range(1, len(suffixes) + 1):
        if at == len(suffixes) or suffixes[at][0][:length] != suffixes[start][0][:length]:
            places = sorted((rank, place) for _, rank, place in suffixes[start:at])
            for rank, place in places[1:]:
                gone |= {(order[rank], place + k) for k in range(length)}
            start = at
    return [
        [word for at, word in enumerate(words) if (text, at) not in gone]
        for text, words in enumerate(texts)
    ]


@pytest.fixture
def oracle() -> Callable[[list[list[str]], list[int], int], list[list[str]]]:
    return kept_words
