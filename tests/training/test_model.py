import math

import pytest
import torch
from torch.nn import functional

from haybale.corpus.errors import RecipeError
from haybale.training.model import (
    Decoder,
    ModelSettings,
    document_mask,
    rotary_angles,
    rotate,
)

# Two samples of six tokens: documents of 2 and 4 tokens, then of 3, 1 and 2.
POSITIONS = torch.tensor([[0, 1, 0, 1, 2, 3], [0, 1, 2, 0, 0, 1]], dtype=torch.int32)
CU_SEQLENS = torch.tensor([0, 2, 6, 9, 10] + [12] * 8, dtype=torch.int32)
DOCUMENTS = [[0, 0, 1, 1, 1, 1], [2, 2, 2, 3, 4, 4]]


@pytest.fixture
def model() -> Decoder:
    torch.manual_seed(0)
    return Decoder(ModelSettings(depth=2, width=32, heads=4), vocabulary_size=50)


def test_the_mask_is_as_worked_out_by_hand() -> None:
    mask = document_mask(CU_SEQLENS, 2, 6)
    assert mask.shape == (2, 1, 6, 6)
    assert mask[0, 0].int().tolist() == [
        [1, 0, 0, 0, 0, 0],
        [1, 1, 0, 0, 0, 0],
        [0, 0, 1, 0, 0, 0],
        [0, 0, 1, 1, 0, 0],
        [0, 0, 1, 1, 1, 0],
        [0, 0, 1, 1, 1, 1],
    ]


def test_a_token_reaches_only_what_follows_it_in_its_own_document(model: Decoder) -> None:
    ids = torch.randint(0, 50, (2, 6), generator=torch.Generator().manual_seed(1))
    before = model.logits(ids, POSITIONS, CU_SEQLENS)
    for row in range(2):
        for column in range(6):
            other = ids.clone()
            other[row, column] = (other[row, column] + 1) % 50
            # Tied weights: the new token changes no embedding, so only attention can carry it.
            changed = (model.logits(other, POSITIONS, CU_SEQLENS) != before).any(dim=-1)
            expected = [
                [
                    r == row and c >= column and DOCUMENTS[r][c] == DOCUMENTS[row][column]
                    for c in range(6)
                ]
                for r in range(2)
            ]
            assert changed.tolist() == expected


def test_a_document_scores_the_same_alone_and_among_others(model: Decoder) -> None:
    ids = torch.arange(12).reshape(2, 6)
    together = model.logits(ids, POSITIONS, CU_SEQLENS)
    alone = model.logits(
        ids[:1, 2:], POSITIONS[:1, 2:], torch.tensor([0, 4, 4, 4, 4], dtype=torch.int32)
    )
    torch.testing.assert_close(together[0, 2:], alone[0], rtol=1e-4, atol=1e-5)


def test_the_loss_is_the_mean_over_labels_that_count(model: Decoder) -> None:
    ids = torch.arange(12).reshape(2, 6)
    labels = torch.tensor([[1, -100, 3, 4, 5, -100], [7, 8, -100, -100, 11, -100]])
    logits = model.logits(ids, POSITIONS, CU_SEQLENS)
    kept = labels != -100
    expected = -functional.log_softmax(logits, dim=-1)[kept].gather(1, labels[kept][:, None]).mean()
    torch.testing.assert_close(model(ids, POSITIONS, CU_SEQLENS, labels), expected)
    assert model(ids, POSITIONS, CU_SEQLENS, torch.full_like(labels, -100)).item() == 0


def test_an_untrained_model_is_as_good_as_guessing(model: Decoder) -> None:
    ids = torch.arange(12).reshape(2, 6)
    loss = model(ids, POSITIONS, CU_SEQLENS, ids + 20)
    assert loss.item() == pytest.approx(math.log(50), rel=0.05)


def test_rotation_makes_scores_depend_on_distance_alone() -> None:
    # Su et al. 2021, arXiv 2104.09864, equation 16: q at m against k at n is a function of m - n.
    query, key = torch.randn(2, 1, 1, 1, 8, generator=torch.Generator().manual_seed(0))

    def score(m: int, n: int) -> float:
        turned = [
            rotate(vector, rotary_angles(torch.tensor([[at]]), 8))
            for vector, at in ((query, m), (key, n))
        ]
        return float((turned[0] * turned[1]).sum())

    assert score(3, 1) == pytest.approx(score(9, 7), rel=1e-4)
    assert score(3, 1) != pytest.approx(score(3, 2), rel=1e-2)


def test_parameters_are_counted_with_the_embedding_once() -> None:
    # Embedding 100 x 64. Per block: attention 64 x 192 + 64 x 64, feed-forward of width
    # ceil(64 * 8 / 3 / 64) * 64 = 192: 64 x 384 + 192 x 64, two gains of 64. One last gain.
    per_block = 64 * 192 + 64 * 64 + 64 * 384 + 192 * 64 + 2 * 64
    model = Decoder(ModelSettings(depth=3, width=64, heads=4), vocabulary_size=100)
    assert model.num_parameters == 100 * 64 + 3 * per_block + 64


@pytest.mark.parametrize(
    ("shape", "message"),
    [
        ({"depth": 0, "width": 32, "heads": 2}, "at least 1"),
        ({"depth": 1, "width": 36, "heads": 8}, r"multiple of 16 \(twice the heads\), found 36"),
    ],
)
def test_shapes_that_cannot_be_are_refused(shape: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        ModelSettings(**shape)
