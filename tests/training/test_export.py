import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import piece_models
import pyarrow as pa
import pytest
import torch
from safetensors.torch import load_file
from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer, LlamaForCausalLM

from haybale.corpus.errors import CheckpointMismatchError, RecipeError
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.tokenizer_file import path_for
from haybale.tokenization.tokenizer import load_tokenizer
from haybale.training.export import export_llama
from haybale.training.model import Decoder
from haybale.training.recipe import TrainingRecipe
from haybale.training.train import train

TEXTS = [
    "ban ban cenrk 1 dast\n\n  fun é- ben, gost",
    "words   with runs of spaces, Ünïcödé and 数字 🐹, and \t tabs\n",
    piece_models.prose(seed=9, num_words=300),
    piece_models.two_letters(seed=4, num_letters=200),
]
# In text of two letters every merge competes with others.
TWO_LETTERS = "\n".join(piece_models.two_letters(seed, 60) for seed in range(50))
SHAPES: dict[str, dict[str, Any]] = {
    "tied": {},
    "untied": {"tie_embeddings": False},
    "mup": {"base_width": 8},
    "mup untied": {"base_width": 8, "tie_embeddings": False, "hidden_width": 72},
}


def _tokenized(corpus: Path, path: Path, model: bytes) -> Path:
    """The corpus by another tokenizer's name, which only its vocabulary's size has to fit."""
    tokenizer = load_tokenizer(model)
    known = read_manifest(Folder(str(corpus)))
    path.mkdir()
    (path / "shards").symlink_to(corpus / "shards")
    (path / "tokenizer").mkdir()
    (path / path_for(model)).write_bytes(model)
    tokens = replace(
        known.tokens,
        vocabulary_size=tokenizer.vocabulary_size,
        bos_id=tokenizer.bos_id,
        eos_id=tokenizer.eos_id,
        unk_id=tokenizer.unk_id,
    )
    manifest = Manifest("made", {}, {}, known.totals, {"books": 1.0}, tokens, known.files)
    write_manifest(Folder(str(path)), manifest)
    return path


def _short(recipe: TrainingRecipe) -> TrainingRecipe:
    """One step."""
    return replace(recipe, training=replace(recipe.training, tokens=256, validation_samples=0))


@pytest.fixture(scope="module")
def tokenized(corpus: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("tokenized") / "corpus"
    return _tokenized(corpus, path, piece_models.learn("unigram"))


@pytest.mark.parametrize("shape", SHAPES)
def test_transformers_computes_the_same_logits(
    tokenized: Path, recipe: TrainingRecipe, tmp_path: Path, shape: str
) -> None:
    settings = replace(recipe.model, **SHAPES[shape])
    # A few steps, so that no gain is 1 any more.
    train(replace(recipe, model=settings), tokenized, tmp_path / "run")
    export_llama(tmp_path / "run", tokenized, tmp_path / "llama")
    saved = torch.load(tmp_path / "run" / "checkpoint.pt", weights_only=True)["model"]
    ours = Decoder(settings, len(saved["embedding.weight"]))
    ours.load_state_dict(saved)
    theirs = AutoModelForCausalLM.from_pretrained(tmp_path / "llama")
    assert isinstance(theirs, LlamaForCausalLM)
    ids = torch.randint(
        0, ours.vocabulary_size, (2, 32), generator=torch.Generator().manual_seed(0)
    )
    places = torch.arange(32, dtype=torch.int32).expand(2, 32)
    bounds = torch.tensor([0, 32, 64], dtype=torch.int32)
    with torch.no_grad():
        expected, found = ours.logits(ids, places, bounds), theirs(ids).logits
    assert expected.abs().max() > 0.1
    torch.testing.assert_close(found, expected, rtol=0, atol=1e-5)


def test_the_export_says_what_the_model_is(
    tokenized: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    train(recipe, tokenized, tmp_path / "run")
    files = export_llama(tmp_path / "run", tokenized, tmp_path / "llama")
    assert {path.name for path in (tmp_path / "llama").iterdir()} == set(files)
    config = AutoConfig.from_pretrained(tmp_path / "llama")
    # 8/3 of 32 is 85.3; the next multiple of 64 is 128. Samples have 32 tokens.
    assert (config.hidden_size, config.intermediate_size) == (32, 128)
    assert (config.num_hidden_layers, config.num_attention_heads) == (2, 2)
    assert config.max_position_embeddings == 32
    assert config.eos_token_id == load_tokenizer(piece_models.learn("unigram")).eos_id
    weights = load_file(tmp_path / "llama" / "model.safetensors")
    assert all(weight.dtype == torch.float32 for weight in weights.values())
    assert "lm_head.weight" not in weights  # tied


@pytest.mark.parametrize("text", ["", TWO_LETTERS], ids=["prose", "two letters"])
@pytest.mark.parametrize("kind", ["unigram", "bpe"])
@pytest.mark.parametrize("settings", ["lossless", "own symbols", "no bytes"])
def test_transformers_gives_the_ids_that_the_corpus_has(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path, kind: str, settings: str, text: str
) -> None:
    model = piece_models.learn(kind, settings, text)
    data = _tokenized(corpus, tmp_path / "corpus", model)
    train(_short(recipe), data, tmp_path / "run")
    export_llama(tmp_path / "run", data, tmp_path / "llama")
    theirs = AutoTokenizer.from_pretrained(tmp_path / "llama")
    ours = load_tokenizer(model)
    assert theirs.eos_token_id == ours.eos_id
    for one in TEXTS:
        expected = ours.encode(pa.array([one], pa.large_string())).ids.tolist()
        assert theirs(one)["input_ids"] == expected[:-1]  # all but EOS
        if ours.unk_id not in expected:
            assert theirs.decode(expected[:-1]) == ours.decode(expected[:-1])


def test_a_tokenizer_that_normalises_is_copied(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    data = _tokenized(corpus, tmp_path / "corpus", piece_models.learn("unigram", "nfkc"))
    train(_short(recipe), data, tmp_path / "run")
    files = export_llama(tmp_path / "run", data, tmp_path / "llama")
    assert "tokenizer.model" in files
    assert "tokenizer.json" not in files


def test_a_tokenizer_json_is_taken_as_it_is(
    corpus: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    words = ["<unk>", "</s>", *(f"w{number}" for number in range(30))]
    special = {"single_word": False, "lstrip": False, "rstrip": False, "normalized": False}
    model = {
        "version": "1.0",
        "added_tokens": [
            {"id": number, "content": words[number], "special": True, **special}
            for number in (0, 1)
        ],
        "pre_tokenizer": {"type": "Whitespace"},
        "model": {
            "type": "WordLevel",
            "vocab": {word: number for number, word in enumerate(words)},
            "unk_token": "<unk>",
        },
    }
    content = json.dumps(model).encode()
    data = _tokenized(corpus, tmp_path / "corpus", content)
    train(_short(recipe), data, tmp_path / "run")
    export_llama(tmp_path / "run", data, tmp_path / "llama")
    assert (tmp_path / "llama" / "tokenizer.json").read_bytes() == content
    theirs = AutoTokenizer.from_pretrained(tmp_path / "llama")
    assert theirs("w3 w5 what")["input_ids"] == [5, 7, 0]
    assert theirs.eos_token_id == 1


def test_what_cannot_be_exported_is_refused(
    corpus: Path, tokenized: Path, recipe: TrainingRecipe, tmp_path: Path
) -> None:
    with pytest.raises(CheckpointMismatchError, match=r"expected checkpoint\.pt .* found none"):
        export_llama(tmp_path / "run", tokenized, tmp_path / "llama")
    train(_short(recipe), tokenized, tmp_path / "run")
    with pytest.raises(CheckpointMismatchError, match=r"vocabulary has 4\d\d pieces, .* 32;"):
        export_llama(tmp_path / "run", corpus, tmp_path / "llama")
    assert not (tmp_path / "llama").exists()
    with pytest.raises(RecipeError, match="empty or yet to be made"):
        export_llama(tmp_path / "run", tokenized, tmp_path / "run")
