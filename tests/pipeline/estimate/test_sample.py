"""How much text the sample's vocabulary is learned from, and what of its time is a build's."""

import time
from types import SimpleNamespace

import pytest
from numba import njit
from numba.core.event import trigger_event

from haybale.corpus.ledger import Amount, Ledger
from haybale.pipeline.estimate import sample
from haybale.pipeline.estimate.compilation import watch_compilation
from haybale.pipeline.progress import Progress
from haybale.pipeline.recipe.loaded import load_build_recipe


@pytest.mark.parametrize(
    ("kept", "fraction", "expected"),
    [
        (200_000_000, 0.001, 20_000_000),  # as much as the build
        (40_000_000, 0.001, 10_000_000),  # a quarter of what there is
        (40_000_000, 0.9, 18_000_000),  # of nine tenths nine tenths of what the build learns from
        (3, 0.0, 1),
    ],
)
def test_a_vocabulary_is_learned_from_a_quarter_or_the_builds_share_of_the_text_at_most(
    recipe, monkeypatch, kept, fraction, expected
):
    ledger = Ledger()
    ledger.add("ingest", "web", "kept", Amount(1, kept))
    units = (SimpleNamespace(step="ingest", ledger=ledger),)
    monkeypatch.setattr(sample, "read_units", lambda folder: units)
    loaded = load_build_recipe(recipe, ["tokenizer.train.sample_bytes=20000000"])
    found = sample._with_less_text(loaded, None, fraction)
    assert found.recipe.tokenizer.train.sample_bytes == expected


def test_only_compiling_counts_as_compilation_not_the_call_of_a_kernel():
    @njit
    def inner(number):
        return number + 1

    @njit
    def outer(number):
        return inner(number) * 2

    begun = time.thread_time()
    with watch_compilation() as compilation:
        assert outer(1) == 4
    # `inner` compiles within `outer`: once, not twice.
    assert 0 < compilation.cpu_seconds <= time.thread_time() - begun
    with watch_compilation() as compilation:
        assert outer(2) == 6
    assert compilation.cpu_seconds == 0


def test_a_stage_in_which_kernels_compile_takes_no_longer_for_it(recipe, tmp_path, monkeypatch):
    def compile_for_long(*_):
        end = time.thread_time() + 0.5
        with trigger_event("numba:compile"):
            while time.thread_time() < end:
                pass

    monkeypatch.setattr(sample, "run_stages", compile_for_long)
    quiet = Progress(quiet=True)
    (tmp_path / "sample").mkdir()
    loaded = load_build_recipe(recipe, [])
    built = sample.build_sample(loaded, (), tmp_path / "sample", quiet, "ingest")
    assert built.compile_seconds >= 0.5
    assert built.stages["ingest"][0] < 0.2
