"""What training costs: by the convention C = 6ND, and matrix by matrix."""


def training_flops(num_parameters: float, num_tokens: float) -> float:
    """Floating-point operations of one run: 6 per parameter and token, 2 forward and 4 backward.

    Embeddings counted among the parameters, attention left out (Hoffmann et al. 2022, arXiv
    2203.15556, section 3.3; appendix F compares it with a full count: within 10 % from 73M to 6.8B
    parameters).
    """
    return 6.0 * num_parameters * num_tokens


def forward_flops(
    depth: int,
    width: int,
    heads: int,
    head_width: int,
    hidden_width: int,
    sequence_length: int,
    vocabulary_size: int = 0,
) -> float:
    """Operations of one forward pass over one sequence, counted matrix by matrix.

    Hoffmann et al. 2022, appendix F; a backward pass takes twice as many. Without the terms for
    embedding and final logits the ratios to 6ND of its table A4 come out, from 0.99 to 1.10. As the
    appendix prints it, with them, they are 1.58 for 73M parameters, and 1.03 for 6.8B.

    Args:
        depth: Layers.
        width: Of the residual stream.
        heads: Of attention.
        head_width: Of a key or value.
        hidden_width: Of a feed-forward layer with two matrices.
        sequence_length: Tokens.
        vocabulary_size: Pieces, to count embedding and final logits too, each as a matrix of so
            many rows; 0 to leave both out, as table A4 does.
    """
    attended = heads * head_width
    projections = 2 * 3 * sequence_length * width * attended
    logits = 2 * sequence_length**2 * attended
    softmax = 3 * heads * sequence_length**2
    values = 2 * sequence_length**2 * attended
    output = 2 * sequence_length * attended * width
    feed_forward = 2 * sequence_length * 2 * width * hidden_width
    layer = projections + logits + softmax + values + output + feed_forward
    embedding_and_logits = 2 * 2 * sequence_length * vocabulary_size * width
    return float(depth * layer + embedding_and_logits)
