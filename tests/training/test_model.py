import itertools
import math
from dataclasses import replace
from typing import Any

import pytest
import torch
from torch import Tensor
from torch.nn import functional

from haybale.corpus.errors import RecipeError
from haybale.training import model as model_module
from haybale.training.documents import without_spare_bounds
from haybale.training.model import (
    Decoder,
    ModelSettings,
    Places,
    attention,
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


def test_spare_bounds_are_cut_off_and_change_nothing(model: Decoder) -> None:
    ids = torch.arange(12).reshape(2, 6)
    batch = {"input_ids": ids, "position_ids": POSITIONS, "cu_seqlens": CU_SEQLENS, "labels": ids}
    cut = without_spare_bounds(batch)
    # Five documents have room among eight.
    assert cut["cu_seqlens"].tolist() == [0, 2, 6, 9, 10, 12, 12, 12, 12]
    assert torch.equal(model(**cut), model(**batch))
    one = without_spare_bounds({**batch, "cu_seqlens": torch.tensor([0] + [12] * 12)})
    assert one["cu_seqlens"].tolist() == [0, 12]


def _document_by_document(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    query_bounds: Tensor,
    key_bounds: Tensor,
    longest_query: int,
    longest_key: int,
    *,
    scale: float,
    window_size: tuple[int, int],
) -> Tensor:
    """What `varlen_attn` documents: here each document by itself, causal by (-1, 0)."""
    assert window_size == (-1, 0)
    assert torch.equal(query_bounds, key_bounds)
    mixed = torch.empty_like(query)
    for first, last in itertools.pairwise(query_bounds.tolist()):
        assert last - first <= min(longest_query, longest_key)
        one, two, three = (part[first:last].transpose(0, 1) for part in (query, key, value))
        scores = (one @ two.transpose(1, 2) * scale).masked_fill(
            torch.ones(last - first, last - first).triu(1).bool(), -torch.inf
        )
        mixed[first:last] = (scores.softmax(-1) @ three).transpose(0, 1)
    return mixed


def test_attention_without_a_mask_is_that_with_one(monkeypatch: pytest.MonkeyPatch) -> None:
    generator = torch.Generator().manual_seed(3)
    vectors = torch.randn(3, 2, 6, 4, 8, generator=generator).unbind()
    masked = attention(*vectors, _places(document_mask(CU_SEQLENS, 2, 6)), 0.3)
    monkeypatch.setattr(model_module, "varlen_attn", _document_by_document)
    torch.testing.assert_close(attention(*vectors, _places(None), 0.3), masked)


def test_pytorch_takes_attention_without_a_mask_as_we_give_it() -> None:
    # Its kernel needs a GPU; what it makes of shapes and types does not.
    options: dict[str, Any] = {"device": "meta", "dtype": torch.bfloat16, "requires_grad": True}
    vectors = torch.empty(2, 6, 3, 4, 8, **options)
    places = Places((torch.empty(0), torch.empty(0)), CU_SEQLENS.to("meta"), None)
    mixed = attention(*vectors.unbind(2), places, 0.3)
    assert (mixed.shape, mixed.dtype) == ((2, 6, 4, 8), torch.bfloat16)
    mixed.sum().backward()
    assert vectors.grad is not None


def _places(visible: Tensor | None) -> Places:
    return Places((torch.empty(0), torch.empty(0)), CU_SEQLENS, visible)


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_a_gpus_kernel_gives_the_loss_that_a_mask_gives(model: Decoder) -> None:
    ids = torch.arange(12).reshape(2, 6)
    batch = [part.cuda() for part in (ids, POSITIONS, CU_SEQLENS, ids + 20)]
    model.cuda()
    expected = model(*batch)
    expected.backward()
    gradient = model.embedding.weight.grad
    assert gradient is not None
    model.zero_grad()
    with torch.autocast("cuda", torch.bfloat16):
        found = model(*batch)
    found.backward()
    torch.testing.assert_close(found, expected, rtol=1e-2, atol=0)
    torch.testing.assert_close(model.embedding.weight.grad, gradient, rtol=5e-2, atol=1e-3)


def test_untied_embeddings_read_out_by_a_matrix_of_their_own(model: Decoder) -> None:
    torch.manual_seed(0)
    untied = Decoder(replace(model.settings, tie_embeddings=False), vocabulary_size=50)
    assert untied.readout is not None
    assert untied.num_parameters == model.num_parameters + 50 * 32
    assert untied.num_multiplied == model.num_multiplied  # the lookup is no multiplication
    weights = {**model.state_dict(), "readout.weight": model.embedding.weight}
    untied.load_state_dict(weights)
    ids = torch.arange(12).reshape(2, 6)
    inputs = (ids, POSITIONS, CU_SEQLENS)
    assert torch.equal(untied.logits(*inputs), model.logits(*inputs))
    with torch.no_grad():
        untied.readout.weight.zero_()
    assert not untied.logits(*inputs).any()


def test_at_the_base_width_mup_changes_nothing() -> None:
    # Heads of 64 channels: 8 / 64 = 1 / sqrt(64).
    settings = ModelSettings(depth=2, width=128, heads=2)
    ids = torch.arange(12).reshape(2, 6)
    losses = []
    for base_width in (None, 128):
        torch.manual_seed(0)
        one = Decoder(replace(settings, base_width=base_width), vocabulary_size=50)
        losses.append(one(ids, POSITIONS, CU_SEQLENS, ids))
    assert torch.equal(*losses)


@pytest.mark.parametrize(("width", "expected"), [(64, 0.0791), (256, 0.0395), (1024, 0.0198)])
def test_weights_begin_small_for_their_width(width: int, expected: float) -> None:
    # Nguyen and Salazar 2019, equation for "small" initialisation: sqrt(2 / (width + 4 width)).
    torch.manual_seed(0)
    model = Decoder(ModelSettings(2, width, 2), vocabulary_size=1000)
    for name in ("embedding.weight", "blocks.0.attention_in.weight", "blocks.1.gate_and_up.weight"):
        assert float(model.get_parameter(name).detach().std()) == pytest.approx(expected, rel=0.02)


def test_with_mup_matrices_start_smaller_the_wider_they_are() -> None:
    # Yang et al. 2022, table 8: the variance of hidden matrices falls with the width (here 4 times
    # the base width), that of the embedding does not. sqrt(2 / (5 * 128)) = 0.0559, over sqrt(4)
    # 0.02795; of what is added to the residual stream of 2 blocks 0.02795 / sqrt(2 * 2) = 0.01398.
    torch.manual_seed(0)
    settings = ModelSettings(2, 512, 16, base_width=128, tie_embeddings=False)
    model = Decoder(settings, vocabulary_size=1000)
    std = {
        name: float(one.detach().std()) for name, one in model.named_parameters() if one.ndim > 1
    }
    assert std["embedding.weight"] == pytest.approx(0.0559, rel=0.01)
    assert std["readout.weight"] == pytest.approx(0.0559, rel=0.01)
    assert std["blocks.0.attention_in.weight"] == pytest.approx(0.02795, rel=0.01)
    assert std["blocks.1.gate_and_up.weight"] == pytest.approx(0.02795, rel=0.01)
    assert std["blocks.1.down.weight"] == pytest.approx(0.01398, rel=0.01)
    # The same table: the readout is divided by the ratio of widths, and scores by head_width.
    assert settings.width_ratio == 4
    assert settings.logit_scale == 8 / 32
    hidden = torch.randn(1, 512, generator=torch.Generator().manual_seed(0))
    model.blocks, model.norm = torch.nn.ModuleList(), torch.nn.Identity()
    with torch.no_grad():
        model.embedding.weight[0] = hidden[0]
    places = (torch.zeros(1, 1, dtype=torch.int32), torch.tensor([0, 1], dtype=torch.int32))
    logits = model.logits(torch.zeros(1, 1, dtype=torch.int64), *places)
    assert model.readout is not None
    torch.testing.assert_close(logits[0], hidden @ model.readout.weight.T / 4)


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
    # Scores have a variance of width * 2 / (5 width) = 0.4, which costs half of it on average.
    assert loss.item() == pytest.approx(math.log(50) + 0.2, abs=0.2)


def test_angles_and_norms_are_those_of_the_papers() -> None:
    # Su et al. 2021, section 3.2.2: at position m pair i of d channels turns by m 10000^(-2i / d):
    # of 4 channels 3 and 3 / 100.
    cosine, sine = rotary_angles(torch.tensor([[3]]), 4)
    expected = torch.tensor([3.0, 0.03])
    torch.testing.assert_close(cosine.flatten(), expected.cos())
    torch.testing.assert_close(sine.flatten(), expected.sin())
    # LLaMA's RMSNorm adds 1e-5 to the mean square: 1e-3 is divided by sqrt(1e-6 + 1e-5).
    norm = Decoder(ModelSettings(depth=1, width=4, heads=1), vocabulary_size=2).norm
    torch.testing.assert_close(norm(torch.full((4,), 1e-3)), torch.full((4,), 1e-3 / 1.1e-5**0.5))


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
        ({"depth": 1, "width": 32, "heads": 2, "base_width": 0}, "base_width: .* found 0"),
        ({"depth": 1, "width": 36, "heads": 8}, r"multiple of 16 \(twice the heads\), found 36"),
    ],
)
def test_shapes_that_cannot_be_are_refused(shape: dict[str, int], message: str) -> None:
    with pytest.raises(RecipeError, match=message):
        ModelSettings(**shape)
