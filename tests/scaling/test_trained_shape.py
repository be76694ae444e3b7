import numpy as np
import pytest
import torch

from haybale.scaling.trained_shape import TrainedShape, largest, shape_near, smallest
from haybale.training.model import Decoder, ModelSettings


@pytest.mark.parametrize(
    ("depth", "width", "heads", "vocabulary_size"),
    [(8, 512, 8, 32_000), (12, 768, 12, 50_257), (44, 3584, 28, 32_000), (16, 640, 10, 300)],
)
def test_the_count_is_exactly_that_of_the_trainers_model(depth, width, heads, vocabulary_size):
    with torch.device("meta"):
        model = Decoder(ModelSettings(depth, width, heads), vocabulary_size)
    count = TrainedShape(depth, width, heads).parameters(vocabulary_size)
    assert count == sum(parameter.numel() for parameter in model.parameters())


def test_the_smallest_shape_is_counted_by_hand():
    # Width 512, feed-forward 1,365.3 rounded up to 1,408. Embedding 32,000 x 512 = 16,384,000.
    # A block: 4 x 512 x 512 + 3 x 512 x 1,408 + 2 x 512 = 1,048,576 + 2,162,688 + 1,024 =
    # 3,212,288; eight of them 25,698,304; the last gain 512.
    assert smallest(32_000) == TrainedShape(depth=8, width=512, heads=8)
    assert smallest(32_000).parameters(32_000) == 16_384_000 + 25_698_304 + 512


@pytest.mark.parametrize("vocabulary_size", [32_000, 128_000])
def test_a_shape_has_the_size_asked_for_within_four_per_cent(vocabulary_size):
    least = smallest(vocabulary_size).parameters(vocabulary_size)
    most = largest(vocabulary_size).parameters(vocabulary_size)
    for asked in np.geomspace(least, most, 400):
        shape = shape_near(asked, vocabulary_size)
        assert shape.parameters(vocabulary_size) == pytest.approx(asked, rel=0.04)


@pytest.mark.parametrize("asked", np.geomspace(50e6, 200e9, 40))
def test_a_shape_has_the_proportions_of_the_published_family(asked):
    shape = shape_near(asked, 32_000)
    # Table A9 has 40 (640 wide, 16 deep) to 109 (5,120, 47); Gopher 205.
    assert 40 <= shape.width / shape.depth <= 205
    assert 8 <= shape.depth <= 80
    assert shape.width // shape.heads in (64, 128)
    assert shape.width % (2 * shape.heads) == 0  # the trainer's own demand


def test_sizes_outside_of_the_family_have_no_shape():
    # Smallest and largest: 42.1 million, and 80 layers 16,384 wide, about 258 billion.
    assert shape_near(41e6, 32_000) == smallest(32_000)
    assert shape_near(39e6, 32_000) is None
    assert shape_near(260e9, 32_000) == largest(32_000)
    assert shape_near(300e9, 32_000) is None
