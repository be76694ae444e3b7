import json
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from killed_build import build_until_killed

from haybale.cards.card import Card
from haybale.corpus.chunks import read_chunks
from haybale.corpus.indexed_shards import indexed_shards
from haybale.corpus.manifest import read_manifest
from haybale.corpus.packing import packing_path, packings_of, read_packing
from haybale.corpus.packing_index import PACKING_INDEX_PATH, read_packing_index
from haybale.corpus.shards import read_index
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.pipeline.build import build
from haybale.pipeline.engines import local_runner
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.tokenization.tokenizer import read_tokenizer

ASKED = "best_fit = [64, 256]\ndocument_start = [256]\nchunk_tokens = 64\n"
PACKINGS = [("best_fit", 64), ("best_fit", 256), ("document_start", 256)]


@pytest.fixture(scope="module")
def recipe(undisturbed, tmp_path_factory):
    """The recipe of `undisturbed`, asking for packings and chunks, and its input beside it."""
    folder = tmp_path_factory.mktemp("packed")
    shutil.copytree(
        undisturbed.parent, folder, ignore=shutil.ignore_patterns("out"), dirs_exist_ok=True
    )
    path = folder / "recipe.toml"
    path.write_text(path.read_text() + ASKED)  # [shards] is the last table
    return path


@pytest.fixture(scope="module")
def packed(recipe):
    output = recipe.parent / "out"
    build(recipe, str(output), progress=Progress(quiet=True))
    return output


def contents(output: Path) -> dict[str, bytes]:
    """Every file of a corpus but its scaffolding."""
    return {
        str(path.relative_to(output)): path.read_bytes()
        for path in sorted(output.rglob("*"))
        if path.is_file() and path.relative_to(output).parts[0] != "run"
    }


def test_packings_and_chunks_lie_beside_every_shard_and_in_the_manifest(packed):
    folder = Folder(str(packed))
    manifest = read_manifest(folder)
    assert packings_of(manifest) == PACKINGS
    shards = indexed_shards(read_index(folder))
    assert len(shards) > 4
    expected = {packing_path(kind, length, s.path) for s in shards for kind, length in PACKINGS}
    expected |= {s.path.replace("shards/", "chunks/", 1) for s in shards}
    expected.add(PACKING_INDEX_PATH)
    recorded = {file.path for file in manifest.files}
    assert {path for path in recorded if path.startswith(("packing", "chunks"))} == expected
    assert verify_corpus(folder, full=True, tokenizer=read_tokenizer).problems == ()


def test_the_index_of_packings_has_their_numbers(packed):
    folder = Folder(str(packed))
    shards, manifest = indexed_shards(read_index(folder)), read_manifest(folder)
    for kind, length in PACKINGS:
        found = read_packing_index(folder, manifest, kind, length)
        assert list(found) == [shard.path for shard in shards]
        for shard in shards:
            packing = read_packing(folder, shard, kind, length)
            numbers = found[shard.path].num_sequences, found[shard.path].num_tokens
            assert numbers == (packing.num_sequences, packing.num_tokens)


def test_the_shards_themselves_do_not_change(packed, undisturbed):
    one, two = contents(packed), contents(undisturbed)
    for name in (name for name in two if name.startswith(("shards/", "documents/"))):
        assert one[name] == two[name]


def test_stretches_and_chunks_are_those_of_the_stored_documents(packed):
    folder = Folder(str(packed))
    for shard in indexed_shards(read_index(folder)):
        offsets = shard.document_offsets(folder)
        for kind, length in PACKINGS:
            packing = read_packing(folder, shard, kind, length)
            document = np.searchsorted(offsets, packing.starts, side="right") - 1
            assert (packing.starts + packing.lengths <= offsets[document + 1]).all()
            assert packing.num_tokens == offsets[-1] or kind == "document_start"
        chunks = read_chunks(folder, shard)
        starts, lengths = chunks.spans(offsets)
        assert starts[0] == 0
        assert (np.append(starts[1:], offsets[-1]) == starts + lengths).all()
        assert lengths.max() == 64


def test_the_card_counts_what_the_indexes_hold(packed):
    folder = Folder(str(packed))
    card = Card(json.loads(folder.read("card/card.json")))
    cells: dict[tuple[str, str, str], Counter[str]] = {}
    for shard in indexed_shards(read_index(folder)):
        for kind, length in PACKINGS:
            packing = read_packing(folder, shard, kind, length)
            cell = cells.setdefault((f"{kind}-{length}", shard.split, shard.subset), Counter())
            cell["sequences"] += packing.num_sequences
            cell["padding_tokens"] += packing.padding_tokens
            cell["dropped_tokens"] += shard.num_tokens - packing.num_tokens
            cell["documents"] += shard.num_documents
    assert len(cells) == 3 * 4
    for (packing, split, subset), cell in cells.items():
        for unit, value in cell.items():
            fact = card.find(f"packing.{unit}", packing=packing, split=split, subset=subset)
            assert fact is not None
            assert (fact.value, fact.how) == (value, "exact")
    # Documents of the fixture have more than 64 tokens and fewer than 256.
    for split, subset in (("train", "web"), ("train", "books")):
        short = {"packing": "best_fit-64", "split": split, "subset": subset}
        cut = card.value("packing.documents_cut", **short)
        assert cut == card.value("packing.documents", **short)
        long = {**short, "packing": "best_fit-256"}
        assert card.value("packing.documents_cut", **long) == 0
        assert card.value("packing.documents_cut_by_concatenation", **long) > 0
    assert "## Packing into sequences" in folder.read("README.md").decode()


# See test_build.py: Beam's thread that minds a worker process may raise after the work is done.
@pytest.mark.filterwarnings(
    "ignore::pytest.PytestUnhandledThreadExceptionWarning",
    "ignore::pytest.PytestUnraisableExceptionWarning",
    "ignore::ResourceWarning",
)
def test_two_workers_give_the_same_bytes(recipe, packed, tmp_path, monkeypatch):
    output, quiet = Folder(str(tmp_path / "two")), Progress(quiet=True)
    build(recipe, output.uri, last_stage="tokenize", progress=quiet)
    for step in ("packing", "packing-index", "chunks"):  # what two workers are to do again
        for name in (step, f"run/tokenize/{step}", f"run/tokenize/{step}.json"):
            output.remove(name)
    monkeypatch.setattr(local_runner, "LIGHT_BYTES", -1)  # processes for this little input too
    build(recipe, output.uri, engine=Engine(workers=2), progress=quiet)
    assert contents(tmp_path / "two") == contents(packed)


def test_a_build_killed_in_both_steps_and_started_again_gives_the_same_bytes(
    recipe, packed, tmp_path
):
    output = tmp_path / "killed"
    for point in ("run/tokenize/packing/00001", "run/tokenize/chunks/00002"):
        build_until_killed(recipe, output, point)
    build(recipe, str(output), progress=Progress(quiet=True))
    assert contents(output) == contents(packed)
