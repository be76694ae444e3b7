"""A trained model as Hugging Face's Llama: `config.json`, `model.safetensors`, the tokenizer.

`LlamaForCausalLM` computes the same logits. What muP multiplies by on the way is put into weights.
"""

import json
from pathlib import Path
from typing import Any

from torch import Tensor

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.new_folder import new_folder
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder
from haybale.training.checkpoint import NAME, load_checkpoint
from haybale.training.exported_tokenizer import export_tokenizer
from haybale.training.model import NORM_EPSILON, ROTARY_BASE, ModelSettings


def export_llama(run: Path, data: Path, output: Path) -> tuple[str, ...]:
    """Write the model of a run's checkpoint, in float32.

    Args:
        run: Folder of the run.
        data: The corpus that it was trained on.
        output: Folder to make.

    Returns:
        Names of the files.

    Raises:
        CheckpointMismatchError: If the run has no checkpoint, or one of another vocabulary.
        RecipeError: If the output folder has something in it.
    """
    from safetensors.torch import save

    saved = load_checkpoint(run)
    if saved is None:
        raise CheckpointMismatchError(f"{run}: expected {NAME} of a training run, found none")
    corpus = Folder(str(data))
    tokens = read_manifest(corpus).tokens
    rows = len(saved["model"]["embedding.weight"])
    if rows != tokens.vocabulary_size:
        raise CheckpointMismatchError(
            f"{run / NAME}: its vocabulary has {rows} pieces, and that of {data} "
            f"{tokens.vocabulary_size}; give the corpus that the model was trained on"
        )
    settings = ModelSettings(**saved["recipe"]["model"])
    config = llama_config(settings, tokens, saved["recipe"]["training"]["sequence_length"])
    weights = llama_weights(settings, saved["model"])
    with new_folder(output) as folder:
        files = {
            "config.json": _json(config),
            "generation_config.json": _json({"eos_token_id": tokens.eos_id}),
            "model.safetensors": save(weights, {"format": "pt"}),
            **export_tokenizer(corpus, tokens),
        }
        for name, content in files.items():
            folder.commit_bytes(name, content)
    return tuple(files)


def check_export(data: Path, output: Path) -> None:
    """See, before the long work whose model it is, that an export can be made.

    Args:
        data: The corpus.
        output: Folder to make.

    Raises:
        RecipeError: If the output is a file or has something in it, or the tokenizer cannot be
            exported.
        CorruptShardError: If the corpus has no tokenizer.
        ModuleNotFoundError: If safetensors is missing.
    """
    import safetensors  # noqa: F401

    if output.exists() and not output.is_dir():
        raise RecipeError(f"--export {output}: expected a folder, found a file")
    if output.exists() and any(output.iterdir()):
        raise RecipeError(f"--export {output}: expected a folder that is empty or yet to be made")
    corpus = Folder(str(data))
    export_tokenizer(corpus, read_manifest(corpus).tokens)


def llama_config(
    settings: ModelSettings, tokens: TokenFormat, sequence_length: int
) -> dict[str, Any]:
    """What `transformers.LlamaConfig` has to know."""
    return {
        "architectures": ["LlamaForCausalLM"],
        "attention_bias": False,
        "bos_token_id": tokens.bos_id if tokens.bos_id >= 0 else None,
        "eos_token_id": tokens.eos_id,
        "head_dim": settings.head_width,
        "hidden_act": "silu",
        "hidden_size": settings.width,
        "initializer_range": settings.first_std,
        "intermediate_size": settings.feed_forward_width,
        "max_position_embeddings": sequence_length,
        "mlp_bias": False,
        "model_type": "llama",
        "num_attention_heads": settings.heads,
        "num_hidden_layers": settings.depth,
        "num_key_value_heads": settings.heads,
        "rms_norm_eps": NORM_EPSILON,
        "rope_theta": ROTARY_BASE,
        "tie_word_embeddings": settings.tie_embeddings,
        "torch_dtype": "float32",
        "vocab_size": tokens.vocabulary_size,
    }


def llama_weights(settings: ModelSettings, weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Our weights by Llama's names."""
    # Llama divides scores by sqrt(head_width), and its logits by nothing.
    query_scale = settings.logit_scale * settings.head_width**0.5
    named = {
        "model.embed_tokens.weight": weights["embedding.weight"],
        "model.norm.weight": weights["norm.weight"] / settings.width_ratio,
    }
    if not settings.tie_embeddings:
        named["lm_head.weight"] = weights["readout.weight"]
    for number in range(settings.depth):
        ours, theirs = f"blocks.{number}.", f"model.layers.{number}."
        query, key, value = weights[f"{ours}attention_in.weight"].chunk(3)
        gate, up = weights[f"{ours}gate_and_up.weight"].chunk(2)
        block = {
            "input_layernorm": weights[f"{ours}attention_norm.weight"],
            "self_attn.q_proj": query * query_scale,
            "self_attn.k_proj": key,
            "self_attn.v_proj": value,
            "self_attn.o_proj": weights[f"{ours}attention_out.weight"],
            "post_attention_layernorm": weights[f"{ours}feed_forward_norm.weight"],
            "mlp.gate_proj": gate,
            "mlp.up_proj": up,
            "mlp.down_proj": weights[f"{ours}down.weight"],
        }
        named |= {f"{theirs}{name}.weight": tensor for name, tensor in block.items()}
    return {name: tensor.contiguous() for name, tensor in named.items()}


def _json(content: dict[str, Any]) -> bytes:
    return json.dumps(content, indent=2, sort_keys=True).encode() + b"\n"
