"""Stage 3, tokenizer: learn a vocabulary from a sample of the survivors, or take the given model.

The sample is the bottom k by keyed digest: the same documents whatever the parts, the order or the
workers. Each subset fills its share of the sample by its weight; only sampled texts are read.
"""

from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from haybale.corpus.digests import canonical_json, derive_seed, keyed_digests
from haybale.corpus.errors import RecipeError
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder, open_input
from haybale.pipeline.context import BuildContext
from haybale.pipeline.dedup.rows import addresses, part_of, row_of
from haybale.pipeline.drive import run_units
from haybale.pipeline.recipe import LoadedRecipe
from haybale.pipeline.shuffle import Rows
from haybale.pipeline.steps import (
    Step,
    UnitResult,
    content_of,
    do_unit,
    fingerprint,
    finish,
    finished_units,
    is_finished,
)
from haybale.pipeline.survivors import surviving_bytes, surviving_rows, take_survivors
from haybale.pipeline.tables import read_rows, read_table, write_rows
from haybale.pipeline.units import PartWorker
from haybale.tokenization.tokenizer import (
    HUGGINGFACE_PATH,
    SENTENCEPIECE_PATH,
    load_tokenizer,
)
from haybale.tokenization.train import TokenizerTraining, train

STAGE = "tokenizer"
FACTS_PATH = "tokenizer/facts.json"
MODEL_PATHS = {"sentencepiece": SENTENCEPIECE_PATH, "huggingface": HUGGINGFACE_PATH}

SAMPLED = np.dtype([("order", "u8"), ("address", "u8"), ("bytes", "i8")])
"""A document of the sample; `bytes`: how much of it may be used."""


def make_tokenizer(context: BuildContext, before: str) -> str:
    """Run the stage; returns a digest of what it left behind."""
    settings = context.loaded.recipe.tokenizer
    if settings.train is None:
        assert settings.model is not None
        path = context.loaded.locate(settings.model, "tokenizer.model")
        model = _read_model(path)
        step = Step(STAGE, fingerprint(STAGE, load_tokenizer(model).digest, before))
        facts: dict[str, object] = {"kind": "given"}
    else:
        training = settings.train
        step = Step(STAGE, fingerprint(STAGE, vars(training), before))
        model, facts = b"", {"kind": training.kind}
    if is_finished(context.folder, step):
        return content_of(context.folder, step)

    def work() -> UnitResult:
        if settings.train is None:
            return UnitResult(_commit(context.folder, model, facts), facts=facts)
        texts, sample = _sample_texts(context, settings.train, step)
        context.progress.line(
            f"tokenizer: learning {settings.train.vocabulary_size:,} pieces from "
            f"{sample['sample_documents']:,} documents, {sample['sample_bytes'] / 1e6:.1f} MB"
        )
        known = {**facts, **sample}
        return UnitResult(_commit(context.folder, train(texts, settings.train), known), facts=known)

    do_unit(context.folder, step, "model", work)
    return finish(context.folder, step)


def _read_model(path: str) -> bytes:
    try:
        with open_input(path) as stream:
            return bytes(stream.read())
    except FileNotFoundError:
        raise RecipeError(f"tokenizer.model: {path} does not exist; mend the path") from None


def _commit(folder: Folder, model: bytes, facts: dict[str, object]) -> tuple[FileRecord, ...]:
    tokenizer = load_tokenizer(model)
    about = {
        **facts,
        "digest": tokenizer.digest,
        "vocabulary_size": tokenizer.vocabulary_size,
        "bos_id": tokenizer.bos_id,
        "eos_id": tokenizer.eos_id,
        "unk_id": tokenizer.unk_id,
    }
    return (
        folder.commit_bytes(MODEL_PATHS[tokenizer.kind], model),
        folder.commit_bytes(FACTS_PATH, canonical_json(about)),
    )


def subset_budgets(loaded: LoadedRecipe, available: dict[str, int], total: int) -> dict[str, int]:
    """Bytes of the sample for each subset: by weight, unused shares left unused."""
    weights = loaded.recipe.weights(available)
    return {name: int(weight * total) for name, weight in weights.items()}


def smallest_within(rows: Rows, budget: int) -> Rows:
    """Rows by order, up to and with the one that fills the budget."""
    rows = np.sort(rows, order=["order", "address"])
    before = np.cumsum(rows["bytes"]) - rows["bytes"]
    return np.asarray(rows[before < budget])


@dataclass
class SampleWorker(PartWorker):
    """Draws each part's candidates for the sample; see `haybale.pipeline.units.UnitWorker`."""

    budget: int
    max_document_bytes: int

    def do(self, unit: int) -> UnitResult:
        """Leave the part's smallest by keyed digest, enough to fill the whole sample alone."""
        folder, part = Folder(self.output), self._parts[unit]
        table = read_table(folder, f"signatures/{part.name}.arrow", ["doc_id", "text_bytes"])
        rows = np.empty(table.num_rows, SAMPLED)
        seed = derive_seed(self._loaded.recipe.seed, STAGE)
        chunks = [keyed_digests(seed, chunk) for chunk in table.column("doc_id").chunks]
        rows["order"] = np.concatenate([np.empty(0, np.uint64), *chunks])
        rows["address"] = addresses(unit, table.num_rows)
        text_bytes = surviving_bytes(folder, part, table.column("text_bytes").to_numpy())
        rows["bytes"] = np.minimum(text_bytes, self.max_document_bytes)
        survives = surviving_rows(folder, part.name, table.num_rows)
        kept = smallest_within(rows[survives], self.budget)
        record = write_rows(folder, f"run/{self.step.name}/{part.name}.npy", kept)
        return UnitResult((record,), facts={"text_bytes": int(text_bytes[survives].sum())})


def _sample_texts(
    context: BuildContext, settings: TokenizerTraining, step: Step
) -> tuple[list[str], dict[str, int]]:
    """The sampled texts, cut to the most that a document may give, in the order of the draw."""
    sampling = Step(f"{STAGE}-sample", step.fingerprint)
    limit = settings.max_document_bytes
    worker = SampleWorker(context.folder.uri, sampling, settings.sample_bytes, limit)
    run_units(context, worker, len(context.parts), 0)
    results = finished_units(context.folder, sampling)
    by_subset: dict[str, list[Rows]] = {}
    available: dict[str, int] = {}
    for part in context.parts:
        result = results[part.name]
        by_subset.setdefault(part.subset, []).append(
            np.asarray(read_rows(context.folder, result.files[0].path))
        )
        available[part.subset] = available.get(part.subset, 0) + result.facts["text_bytes"]
    budgets = subset_budgets(context.loaded, available, settings.sample_bytes)
    chosen = [
        smallest_within(np.concatenate(by_subset[name]), budget) for name, budget in budgets.items()
    ]
    rows = np.concatenate([np.empty(0, SAMPLED), *chosen])
    texts = _read_texts(context, rows, limit)
    return texts, {
        "sample_documents": len(rows),
        "sample_bytes": int(sum(len(text.encode()) for text in texts)),
    }


def _read_texts(context: BuildContext, rows: Rows, max_bytes: int) -> list[str]:
    """Texts in order of draw; each cut at a code point within max_bytes."""
    rows = np.sort(rows, order="address")
    texts: list[str] = []
    parts = part_of(rows["address"])
    for part in np.unique(parts):
        wanted = row_of(rows["address"][parts == part])
        of = context.parts[int(part)]
        for batch in take_survivors(context.folder, of, wanted, ["text"]):
            texts += [_cut(text, max_bytes) for text in batch.column("text")]
    return [texts[at] for at in np.lexsort((rows["address"], rows["order"]))]


def _cut(text: pa.LargeStringScalar, max_bytes: int) -> str:
    encoded = text.as_buffer()[:max_bytes].to_pybytes()
    return str(encoded, "utf-8", "ignore")
