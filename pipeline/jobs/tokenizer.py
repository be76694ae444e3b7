"""Stage 3, tokenizer: learn a vocabulary from a sample of the survivors, or take the given model.

What is drawn, and how, see `haybale.pipeline.jobs.tokenizer_draw`; only sampled texts are read.
"""

from dataclasses import dataclass

from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import RecipeError
from haybale.corpus.pending import FileRecord
from haybale.corpus.shards import TokenFormat
from haybale.corpus.storage import Folder, open_input, read_parsed
from haybale.corpus.tokenizer_file import path_for
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.tokenizer_draw import Candidates, Draw
from haybale.pipeline.jobs.tokenizer_sample import SampledTexts, part_candidates, read_sample
from haybale.pipeline.recipe.loaded import LoadedRecipe
from haybale.pipeline.rows.tables import read_rows, write_rows
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.steps import (
    Step,
    UnitResult,
    content_of,
    do_unit,
    fingerprint,
    finish,
    finished_units,
    is_finished,
)
from haybale.pipeline.units.worker import PartWorker
from haybale.tokenization.tokenizer import load_tokenizer
from haybale.tokenization.train import TokenizerTraining, train

STAGE = "tokenizer"
FACTS_PATH = "tokenizer/facts.json"


def make_tokenizer(context: BuildContext, before: str) -> str:
    """Run the stage; returns a digest of what it left behind."""
    settings = context.loaded.recipe.tokenizer
    if settings.train is None:
        model = given_model(context.loaded)
        step = Step(STAGE, fingerprint(STAGE, digest(model), before))
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
        sample = _sample(context, settings.train, step)
        known = {**facts, **sample.as_facts()}
        context.progress.line(learning_line(settings.train, known))
        learned = train(sample.texts, settings.train)
        return UnitResult(_commit(context.folder, learned, known), facts=known)

    with context.progress.watch(step.name):
        do_unit(context.folder, step, "model", work)
    return finish(context.folder, step)


def given_model(loaded: LoadedRecipe) -> bytes:
    """The bytes of the model that the recipe names; none where it says what to learn.

    Raises:
        RecipeError: If there is no such file, or it is no tokenizer.
    """
    given = loaded.recipe.tokenizer.model
    if given is None:
        return b""
    path = loaded.locate(given, "tokenizer.model")
    try:
        with open_input(path) as stream:
            model = bytes(stream.read())
        load_tokenizer(model)
    except FileNotFoundError:
        raise RecipeError(f"tokenizer.model: {path} does not exist; mend the path") from None
    except RecipeError as error:
        raise RecipeError(f"tokenizer.model: {path}: {error}") from None
    return model


def _commit(folder: Folder, model: bytes, facts: dict[str, object]) -> tuple[FileRecord, ...]:
    tokenizer = load_tokenizer(model)
    about = {
        **facts,
        "digest": tokenizer.digest,
        "encoded_by": tokenizer.encoded_by,
        "vocabulary_size": tokenizer.vocabulary_size,
        "bos_id": tokenizer.bos_id,
        "eos_id": tokenizer.eos_id,
        "unk_id": tokenizer.unk_id,
    }
    return (
        folder.commit_bytes(path_for(model), model),
        folder.commit_bytes(FACTS_PATH, canonical_json(about)),
    )


def read_token_format(folder: Folder) -> TokenFormat:
    """What the ids of this build mean, from the facts that the stage left."""
    facts = read_parsed(folder, FACTS_PATH)
    names = ("vocabulary_size", "bos_id", "eos_id", "unk_id")
    return TokenFormat(facts["digest"], *(facts[name] for name in names))


def learning_line(settings: TokenizerTraining, sample: dict[str, object]) -> str:
    """What is about to take a while."""
    return (
        f"tokenizer: learning {settings.vocabulary_size:,} pieces from "
        f"{sample['sample_documents']:,} documents, {sample['sample_bytes']:,} of "
        f"{settings.sample_bytes:,} bytes asked for"
    )


def training_draw(seed: int, settings: TokenizerTraining) -> Draw:
    """How the sample to learn from is drawn."""
    return Draw(
        seed, settings.sample_bytes, settings.max_document_bytes, settings.max_language_fraction
    )


@dataclass
class SampleWorker(PartWorker):
    """Leaves what each part may give to the sample; see `UnitWorker`."""

    settings: TokenizerTraining

    def do(self, unit: int) -> UnitResult:
        """Leave the part's smallest by keyed digest, enough to fill the whole sample alone."""
        folder, part = Folder(self.output), self._parts[unit]
        draw = training_draw(self._loaded.recipe.seed, self.settings)
        rows, text_bytes = part_candidates(folder, part, draw)
        record = write_rows(folder, f"run/{self.step.name}/{part.name}.npy", rows)
        return UnitResult((record,), facts={"text_bytes": text_bytes})


def _sample(context: BuildContext, settings: TokenizerTraining, step: Step) -> SampledTexts:
    folder, sampling = context.folder, Step(f"{STAGE}-sample", step.fingerprint)
    run_units(context, SampleWorker(folder.uri, sampling, settings), len(context.parts), 0)
    results = finished_units(folder, sampling)
    candidates = Candidates(training_draw(context.loaded.recipe.seed, settings))
    for part in context.parts:
        result = results[part.name]
        rows = read_rows(folder, result.files[0].path)
        candidates.add(part.subset, rows, result.facts["text_bytes"])
    return read_sample(folder, context.parts, candidates.chosen(context.loaded))
