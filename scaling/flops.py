"""What training costs, by the convention C = 6ND."""


def training_flops(num_parameters: float, num_tokens: float) -> float:
    """Floating-point operations of one run: 6 per parameter and token, 2 forward and 4 backward.

    Embeddings counted among the parameters, attention left out (Hoffmann et al. 2022, arXiv
    2203.15556, section 3.3; appendix F compares it with a full count: within 10 % from 73M to 6.8B
    parameters).
    """
    return 6.0 * num_parameters * num_tokens


def forward_flops(
    depth: int, width: int, heads: int, head_width: int, hidden_width: int, sequence_length: int
) -> float:
    """Operations of one forward pass over one sequence, counted matrix by matrix.

    Hoffmann et al. 2022, appendix F, without its terms for embedding and final logits: only so do
    the ratios to 6ND of its table A4 come out.

    Args:
        depth: Layers.
        width: Of the residual stream.
        heads: Of attention.
        head_width: Of a key or value.
        hidden_width: Of a feed-forward layer with two matrices.
        sequence_length: Tokens.
    """
    attended = heads * head_width
    projections = 2 * 3 * sequence_length * width * attended
    logits = 2 * sequence_length**2 * attended
    softmax = 3 * heads * sequence_length**2
    values = 2 * sequence_length**2 * attended
    output = 2 * sequence_length * attended * width
    feed_forward = 2 * sequence_length * 2 * width * hidden_width
    return float(depth * (projections + logits + softmax + values + output + feed_forward))
