import os
import struct
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from haybale.corpus.errors import RecipeError
from haybale.quality.fasttext_lines import LineLabels
from haybale.quality.fasttext_model import OtherModelError, read_fasttext_model
from haybale.quality.language import find_model

_TRAIN = """
import sys, fasttext
model = fasttext.train_supervised(
    sys.argv[1], dim=int(sys.argv[3]), epoch=5, thread=1, verbose=0, minn=1, maxn=4,
    bucket=2000, wordNgrams=1, loss=sys.argv[4],
)
if sys.argv[5] == "quantised":
    model.quantize(sys.argv[1], cutoff=900, qnorm=True, retrain=False, thread=1, verbose=0)
model.save_model(sys.argv[2])
"""
WORDS = [
    "hay",
    "corn",
    "H\u00fctte",
    "\u0441\u0435\u043d\u043e",
    "\u5e72\u8349",
    "a",
    "</s>",
    "x_y",
]


def train(folder, form, dim=10, loss="hs"):
    text, path = folder / "text", folder / f"{form}-{dim}-{loss}.ftz"
    if not text.exists():
        rng = np.random.default_rng(0)
        lines = [
            f"__label__{label} " + " ".join(f"{word}{rng.integers(20)}" for word in WORDS)
            for label in "abcde"
            for _ in range(60 + 9 * ord(label) % 50)
        ]
        text.write_text("\n".join(lines) + "\n")
    command = [sys.executable, "-c", _TRAIN, text, path, str(dim), loss, form]
    # Zeros in fresh memory: see haybale.quality.classifier.learn.
    subprocess.run(command, env={**os.environ, "MALLOC_PERTURB_": "255"}, check=True)
    return path


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    folder = tmp_path_factory.mktemp("models")
    # 9 numbers in pieces of 2: the last piece is narrower.
    made = [train(folder, "quantised", 9), train(folder, "dense", 10)]
    try:
        return [*made, find_model()]
    except RecipeError:
        return made


def of_peer(path, lines):
    import fasttext

    predict = fasttext.load_model(str(path)).f.predict
    return [next(iter(predict(line + "\n", 1, 0.0, "strict")), (0.0, None)) for line in lines]


def ours(path, lines):
    labelled = LineLabels(read_fasttext_model(path.read_bytes()))
    numbers, scores = labelled.predict(pa.array(lines, pa.large_string()))
    labels = [labelled.labels[number] if number >= 0 else None for number in numbers]
    return list(zip(scores.tolist(), labels, strict=True))


LINES = [
    "",
    " ",
    "The hay is brought in before the rain comes over the hill.",
    "Das Heu wird eingebracht, bevor der Regen \u00fcber den H\u00fcgel kommt.",
    "\u5e72\u8349\u5728\u96e8\u6765\u4e4b\u524d\u88ab\u6536\u8d77\u6765\u3002",
    "\u0421\u0435\u043d\u043e \u0443\u0431\u0440\u0430\u043b\u0438 \U0001f600\U0001f33e",
    "a\tb\x0bc\x0cd\re\0f",
    "what follows the end </s> das Heu ist trocken",
    "__label__en __label__zz __label__ the labels are no words",
    "hay1 corn2 \u0441\u0435\u043d\u043e3 \u5e72\u83494 x_y5",
    "w" * 5000,
]


def test_labels_and_scores_are_fasttexts_to_the_last_bit(models):
    for path in models:
        assert ours(path, LINES) == of_peer(path, LINES)


@settings(max_examples=60, deadline=None)
@given(lines=st.lists(st.text(st.characters(exclude_characters="\n", exclude_categories=["Cs"]))))
def test_any_line_is_labelled_as_by_fasttext(models, lines):
    assert ours(models[0], lines) == of_peer(models[0], lines)


@pytest.mark.parametrize("loss", ["softmax", "ova"])
def test_a_model_of_another_kind_is_left_to_fasttext(loss, tmp_path):
    path = train(tmp_path, "dense", loss=loss)
    with pytest.raises(OtherModelError, match="hierarchical softmax"):
        read_fasttext_model(path.read_bytes())


@pytest.mark.parametrize("count", [-1, 10**15])
def test_counts_of_labels_from_which_no_tree_follows_are_refused(models, count):
    content = models[1].read_bytes()
    label = b"__label__a\0"
    at = content.index(label) + len(label)
    damaged = content[:at] + struct.pack("<q", count) + content[at + 8 :]
    with pytest.raises(OtherModelError, match="texts with labels"):
        read_fasttext_model(damaged)


@pytest.mark.parametrize("row", [-(10**6), 10**6])
def test_an_ngram_whose_vector_lies_outside_the_model_is_refused(models, row):
    content = models[0].read_bytes()
    # Behind the last label's NUL: its count (8 bytes), its kind (1), then pairs of bucket and row.
    pairs = content.index(b"\0", content.rindex(b"__label__")) + 10
    damaged = content[: pairs + 4] + struct.pack("<i", row) + content[pairs + 8 :]
    with pytest.raises(OtherModelError, match="no vector"):
        read_fasttext_model(damaged)


@settings(max_examples=200, deadline=None)
@given(data=st.data())
def test_a_damaged_model_is_refused_or_gives_numbers_and_never_does_harm(models, data):
    content = bytearray(models[0].read_bytes())
    for _ in range(data.draw(st.integers(1, 3))):
        # Most of what can go wrong is in the head: sizes, words, the table of buckets.
        at = data.draw(st.one_of(st.integers(0, 600), st.integers(0, len(content) - 1)))
        content[at] = data.draw(st.integers(0, 255))
    cut = data.draw(st.integers(0, len(content)))
    for damaged in (bytes(content), bytes(content[:cut])):
        try:
            model = read_fasttext_model(damaged)
        except OtherModelError:
            continue
        numbers, scores = LineLabels(model).predict(pa.array(LINES, pa.large_string()))
        assert np.all(numbers < len(model.labels))
        assert len(scores) == len(LINES)
