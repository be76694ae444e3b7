import pytest
import torch

from haybale.training.model import Decoder, ModelSettings
from haybale.training.utilisation import peak_flops, peak_of_card, squared_lengths, step_flops


def test_attention_spans_documents_and_not_samples() -> None:
    # Two samples of 6: documents of 2, 4, 3, 1 and 2 tokens: 4 + 16 + 9 + 1 + 4.
    bounds = torch.tensor([0, 2, 6, 9, 10] + [12] * 8, dtype=torch.int32)
    assert squared_lengths(bounds) == 34
    # Of one document each it is 2 x 6 x 6.
    assert squared_lengths(torch.tensor([0, 6, 12], dtype=torch.int32)) == 72


@pytest.mark.parametrize("tied", [True, False])
def test_a_steps_operations_are_counted_by_hand(tied: bool) -> None:
    settings = ModelSettings(depth=2, width=64, heads=4, tie_embeddings=tied)
    model = Decoder(settings, vocabulary_size=100)
    # Per block 4 matrices of 64 x 64 and 3 of 64 x 192; the readout, 64 x 100, once in any case;
    # gains are no matrices. 2 x (16,384 + 36,864) + 6,400 = 112,896.
    # PaLM, appendix B: 6 N + 12 L H Q T per token, H Q = 64; T of 12 tokens in documents of 34
    # squared tokens is 34 / 12, so 12 x 2 x 64 x 34 for all.
    assert step_flops(model, 12, 34) == 6 * 112_896 * 12 + 12 * 2 * 64 * 34


@pytest.mark.parametrize(
    ("name", "peak"),
    [
        # As `torch.cuda.get_device_name` gives them; dense bfloat16, NVIDIA's data sheets.
        ("NVIDIA H100 80GB HBM3", 989e12),
        ("NVIDIA H100 PCIe", 756e12),
        ("NVIDIA H200", 989e12),
        ("NVIDIA A100-SXM4-80GB", 312e12),
        ("NVIDIA L4", 121e12),
        ("NVIDIA L40S", 362e12),
        ("NVIDIA GeForce RTX 2080 Ti", None),
    ],
)
def test_the_peak_is_that_of_the_cards_data_sheet(name: str, peak: float | None) -> None:
    assert peak_of_card(name) == peak


def test_no_peak_is_known_of_a_cpu() -> None:
    assert peak_flops(torch.device("cpu"), 1) is None


def test_several_cards_peak_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "get_device_name", lambda device: "NVIDIA H100 80GB HBM3")
    assert peak_flops(torch.device("cuda"), 8) == 8 * 989e12
