import math
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from haybale.corpus.errors import HaybaleError, RecipeError
from haybale.training.evaluate import Validator
from haybale.training.ranks import Ranks

CPU = torch.device("cpu")
ALONE = Ranks(0, 1, CPU)
BYTES_PER_TOKEN = 4  # of the corpus


class Guesser(nn.Module):
    """Loses by the mean of what it is to foretell, and remembers how much that was."""

    def __init__(self) -> None:
        super().__init__()
        self.labels: list[Tensor] = []

    def forward(self, labels: Tensor, **others: Tensor) -> Tensor:
        self.labels.append(labels)
        return labels[labels != -100].float().mean()


def test_the_loss_is_the_mean_over_all_targets_whatever_the_batches(corpus: Path) -> None:
    measured = []
    for batch_size in (16, 5, 1):
        guesser = Guesser()
        validation = Validator(corpus, 32, batch_size, 32, ALONE).measure(guesser)
        labels = torch.cat(guesser.labels)
        assert labels.shape == (32, 32)
        expected = labels[labels != -100].double().mean().item()
        assert validation.loss == pytest.approx(expected)
        assert validation.bits_per_byte == pytest.approx(expected / math.log(2) / BYTES_PER_TOKEN)
        measured.append(validation.loss)
    assert measured == pytest.approx([measured[0]] * 3)


def test_processes_take_shares_or_where_these_differ_everything(corpus: Path) -> None:
    whole = Guesser()
    Validator(corpus, 32, 16, 32, ALONE).measure(whole)
    # 32 samples are no multiple of 3: each process measures them all, and nothing is exchanged.
    each = Guesser()
    Validator(corpus, 32, 16, 32, Ranks(1, 3, CPU)).measure(each)
    assert torch.equal(torch.cat(each.labels), torch.cat(whole.labels))


def test_a_loss_that_is_no_number_is_told(corpus: Path) -> None:
    class Broken(nn.Module):
        def forward(self, labels: Tensor, **others: Tensor) -> Tensor:
            return torch.tensor(math.nan)

    with pytest.raises(HaybaleError, match="the loss on held-out text is nan"):
        Validator(corpus, 32, 16, 32, ALONE).measure(Broken())


def test_a_split_too_short_for_a_sample_is_refused_with_what_to_do(corpus: Path) -> None:
    with pytest.raises(RecipeError, match=r"training\.validation_samples = 0"):
        Validator(corpus, 1_000_000, 16, 32, ALONE)
