"""Draws as many documents as a wanted error and confidence need."""

import pyarrow as pa

from haybale.cards.audit.bound import num_needed
from haybale.cards.audit.population import first_of_draw, population_of
from haybale.cards.audit.question import Question
from haybale.cards.audit.sheet import Sheet
from haybale.cards.audit.texts import Texts
from haybale.corpus.errors import ManifestMismatchError
from haybale.corpus.manifest import Manifest
from haybale.corpus.storage import Folder


def draw(folder: Folder, manifest: Manifest, question: Question) -> tuple[Sheet, int]:
    """Draw, uniformly and the same every time.

    Returns:
        The sheet, and how many documents were needed; the sheet has fewer where ingest left no
        texts of more.

    Raises:
        RecipeError: If there is nothing to draw from.
        ManifestMismatchError: If the corpus was imported as tokens.
    """
    population, needed, drawn = choose(folder, manifest, question)
    texts = Texts(folder, manifest)
    documents = [texts.shown(row, question.stage) for row in drawn.to_pylist()]
    return Sheet(manifest.digest, question, population, documents), needed


def choose(folder: Folder, manifest: Manifest, question: Question) -> tuple[int, int, pa.Table]:
    """How many documents the question is about, how many are needed, and those drawn."""
    if not any(record.path.startswith("documents/") for record in manifest.files):
        raise ManifestMismatchError(
            f"{folder.uri}: expected the documents of a built corpus, found an import of tokens; "
            "audit the corpus that it was made from"
        )
    population = population_of(folder, manifest, question)
    needed = num_needed(population, question.error, question.confidence)
    return population, needed, first_of_draw(folder, manifest, question, population, needed)
