import time
from pathlib import Path

import pytest

from haybale.loaders import TokenDataset, TokenLoader
from haybale.loaders.metrics import LoaderMetrics


def test_waits_and_the_trainers_own_time_are_told_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr(time, "perf_counter", lambda: now)
    metrics = LoaderMetrics()
    assert metrics.wait_fraction == 0
    # Asked at 0, 3 and 10 seconds; there at 2, 3.0005 and 14: waits of 2, 0.0005 and 4 seconds,
    # and 1 and 6.9995 seconds of steps between them.
    for asked, there in ((0.0, 2.0), (3.0, 3.0005), (10.0, 14.0)):
        now = there
        metrics.waited(asked, 100)
    assert (metrics.batches, metrics.tokens) == (3, 300)
    assert metrics.first_wait_seconds == 2
    assert metrics.wait_seconds == pytest.approx(6.0005)
    assert metrics.other_seconds == pytest.approx(7.9995)
    assert metrics.stalls == 1  # of more than a millisecond, after the first
    assert metrics.longest_wait_seconds == 4
    assert metrics.as_dict()["wait_fraction"] == pytest.approx(6.0005 / 14)
    metrics.begin()  # 86 seconds between iterations are nobody's
    now = 101.0
    metrics.waited(100.0, 100)
    assert metrics.other_seconds == pytest.approx(7.9995)
    metrics.reset()
    assert metrics == LoaderMetrics()


def test_a_slow_trainer_does_not_wait_for_a_thread_that_works_ahead(two_subsets: Path) -> None:
    dataset = TokenDataset(two_subsets, 16)
    loader = TokenLoader(dataset, 4)
    for _ in loader:
        time.sleep(0.002)
    assert loader.metrics.batches == len(loader)
    assert loader.metrics.tokens == len(loader) * 4 * 16
    assert loader.metrics.other_seconds >= 0.002 * (len(loader) - 1)
