import pytest

from haybale.scaling.flops import forward_flops, training_flops


@pytest.mark.parametrize(
    ("num_parameters", "num_tokens", "published"),
    [
        # Hoffmann et al. 2022 (arXiv 2203.15556), table 3; tokens are printed to 0.1 billion.
        (400e6, 8.0e9, 1.92e19),
        (1e9, 20.2e9, 1.21e20),
        (10e9, 205.1e9, 1.23e22),
        (1e12, 21.2e12, 1.27e26),
        (10e12, 216.2e12, 1.30e28),
    ],
)
def test_six_flops_per_parameter_and_token_give_chinchillas_table_3(
    num_parameters: float, num_tokens: float, published: float
) -> None:
    assert training_flops(num_parameters, num_tokens) == pytest.approx(published, rel=0.01)


@pytest.mark.parametrize(
    ("width", "hidden_width", "head_width", "heads", "depth", "published"),
    [
        # Hoffmann et al. 2022: shapes of table A9, ratios of table A4 (73M, 305M, ... 6.8B).
        # 305M has 32,000 x 1024 + 20 x (5 x 1024 x 1024 + 2 x 1024 x 4096) parameters.
        (640, 2560, 64, 10, 10, 1.03),
        (1024, 4096, 64, 16, 20, 1.10),
        (1280, 5120, 128, 10, 24, 1.08),
        (1792, 7168, 128, 14, 26, 1.04),
        (2048, 8192, 128, 16, 28, 1.03),
        (3584, 14336, 128, 28, 40, 0.99),
    ],
)
def test_the_full_count_has_the_published_ratio_to_six_per_parameter_and_token(
    width: int, hidden_width: int, head_width: int, heads: int, depth: int, published: float
) -> None:
    # The paper's parameters: a tied embedding of 32,000 pieces, five attention matrices (the fifth
    # projects relative positions) and two of the feed-forward layer. Backward costs twice forward.
    attended = heads * head_width
    parameters = 32_000 * width + depth * (5 * width * attended + 2 * width * hidden_width)
    full = 3 * forward_flops(depth, width, heads, head_width, hidden_width, 2048)
    assert full / training_flops(parameters, 2048) == pytest.approx(published, abs=0.006)


@pytest.mark.parametrize(
    ("width", "hidden_width", "head_width", "heads", "depth", "ratio"),
    # Embedding and logits are 3 x 4 V d a token more, in parts of 6ND: for 73M parameters
    # 3 x 4 x 32,000 x 640 / (6 x 73.7e6) = 0.556, and 1.026 + 0.556 = 1.58; for 6.8B
    # 3 x 4 x 32,000 x 3,584 / (6 x 6.79e9) = 0.034, and 0.994 + 0.034 = 1.03.
    [(640, 2560, 64, 10, 10, 1.58), (3584, 14336, 128, 28, 40, 1.03)],
)
def test_appendix_f_as_printed_counts_embedding_and_logits(
    width: int, hidden_width: int, head_width: int, heads: int, depth: int, ratio: float
) -> None:
    attended = heads * head_width
    parameters = 32_000 * width + depth * (5 * width * attended + 2 * width * hidden_width)
    full = 3 * forward_flops(depth, width, heads, head_width, hidden_width, 2048, 32_000)
    assert full / training_flops(parameters, 2048) == pytest.approx(ratio, abs=0.006)
