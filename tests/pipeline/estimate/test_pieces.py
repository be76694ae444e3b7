import itertools
import json
from dataclasses import replace
from pathlib import Path

import pytest

from haybale.pipeline.estimate.pieces import MIN_PIECE_BYTES, MIN_PIECES, draw
from haybale.pipeline.planning.plan import plan_parts
from haybale.pipeline.recipe.loaded import load_build_recipe

RECIPE = """
name = "pieces"
[[subsets]]
name = "large"
paths = ["large/*.jsonl"]
[[subsets]]
name = "small"
paths = ["small/*.{ending}"]
[tokenizer]
train = {{ vocabulary_size = 300 }}
"""


def make(folder: Path, ending: str = "jsonl"):
    """Ten files of 1 MB, and half a megabyte beside them."""
    line = json.dumps({"text": "x" * 989}) + "\n"  # 1002 bytes
    for number in range(10):
        path = folder / "large" / f"{number}.jsonl"
        path.parent.mkdir(exist_ok=True)
        path.write_text(line * 1000)
    (folder / "small").mkdir()
    if ending == "jsonl":
        (folder / "small" / "a.jsonl").write_text(line * 500)
    else:
        (folder / "small" / "a.txt").write_text("x" * 500_000)
    (folder / "recipe.toml").write_text(RECIPE.format(ending=ending))
    loaded = load_build_recipe(folder / "recipe.toml", [])
    return loaded, plan_parts(loaded)


def test_every_subset_gets_its_share_and_small_ones_a_few_pieces(tmp_path):
    large, small = draw(*make(tmp_path), 2_100_000, 0)
    # 2.1 MB over 2 subsets and 8 pieces each: pieces of at most 131,250 bytes. 20 of 21 bytes are
    # large: 2 MB, within a piece.
    assert large.sampled_bytes == pytest.approx(2_000_000, abs=131_250)
    assert len(small.pieces) == MIN_PIECES
    assert all(0 < piece.num_bytes <= 131_250 for piece in large.pieces + small.pieces)


def test_another_seed_draws_other_pieces_and_the_same_seed_the_same(tmp_path):
    given = make(tmp_path)
    first, again, other = (draw(*given, 1_000_000, seed) for seed in (0, 0, 1))
    assert first == again
    assert first[0].pieces != other[0].pieces


def test_a_sample_as_large_as_the_input_is_all_of_it_once(tmp_path):
    for stratum in draw(*make(tmp_path), 1 << 40, 0):
        assert stratum.sampled_fraction == 1
        covered = sorted((piece.part.number, piece.start, piece.stop) for piece in stratum.pieces)
        for (part, _, stop), (next_part, start, _) in itertools.pairwise(covered):
            assert start == (stop if part == next_part else 0)


def test_a_sample_a_little_larger_than_the_input_is_all_of_it(tmp_path):
    loaded, _ = make(tmp_path)
    # Parts of 1 MB in pieces of at most 690 kB: two of each, of half a megabyte, and not 690 kB.
    small_parts = replace(
        loaded,
        recipe=replace(loaded.recipe, ingest=replace(loaded.recipe.ingest, part_bytes=2**20)),
    )
    parts = plan_parts(small_parts)
    whole = sum(part.num_bytes for part in parts)
    for sample in (whole, whole + 500_000):
        strata = draw(small_parts, parts, sample, 0)
        assert [stratum.sampled_fraction for stratum in strata] == [1, 1]


def test_pieces_that_parts_make_smaller_are_as_many_as_the_sample_asks_for(tmp_path):
    loaded, _ = make(tmp_path)
    small_parts = replace(
        loaded,
        recipe=replace(loaded.recipe, ingest=replace(loaded.recipe.ingest, part_bytes=2**20)),
    )
    large, _ = draw(small_parts, plan_parts(small_parts), 10_000_000, 0)
    # 10 of 10.5 MB; pieces of half a megabyte.
    assert large.sampled_bytes == pytest.approx(9_523_810, abs=510_000)


def test_pieces_are_never_too_small_to_mean_anything(tmp_path):
    large, _ = draw(*make(tmp_path), 1000, 0)
    assert all(piece.num_bytes > MIN_PIECE_BYTES // 2 for piece in large.pieces)


def test_what_cannot_be_cut_is_one_piece(tmp_path):
    _, small = draw(*make(tmp_path, "txt"), 1000, 0)
    assert [piece.num_bytes for piece in small.pieces] == [small.num_bytes]
