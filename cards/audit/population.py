"""The documents that an audit asks about: how many there are, and those that come first in a draw.

Documents are drawn by the order in which the build drew its own samples, so that what is left of
ingest's removals is the beginning of the draw.
"""

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.cards.audit.candidates import CANDIDATES, candidates, parts_below
from haybale.cards.audit.dropped import first_dropped
from haybale.cards.audit.question import KEPT, Question
from haybale.corpus.arrow_files import open_arrow
from haybale.corpus.decisions import read_ledger
from haybale.corpus.draws import draw_order, smallest
from haybale.corpus.errors import RecipeError
from haybale.corpus.manifest import Manifest
from haybale.corpus.recipe import nearest
from haybale.corpus.removals import removed_later
from haybale.corpus.storage import Folder
from haybale.corpus.takedowns import taken_ids

_DOCUMENTS = "documents/"


def population_of(folder: Folder, manifest: Manifest, question: Question) -> int:
    """How many documents the question is about.

    Of those that later stages removed, none that was taken down since: nothing of it is left to
    judge.

    Raises:
        RecipeError: If there are none.
    """
    if question.stage == KEPT:
        return sum(
            counts["documents"]
            for subsets in manifest.totals.values()
            for counts in subsets.values()
        )
    outcome = "dropped" if question.stage == "ingest" else "removed"
    rules: dict[str, int] = {}
    for row in read_ledger(folder):
        if (row["stage"], row["outcome"]) == (question.stage, outcome):
            rules[row["rule"]] = rules.get(row["rule"], 0) + row["documents"]
    if not sum(rules.values()):
        raise RecipeError(f"--stage {question.stage}: it removed nothing here")
    if question.rule and not rules.get(question.rule):
        raise RecipeError(
            f"--rule {question.rule}: removed nothing in {question.stage}; "
            f"{nearest(question.rule, rules)}"
        )
    found = rules[question.rule] if question.rule else sum(rules.values())
    taken = _num_taken(folder, manifest, question)
    if taken == found:
        raise RecipeError(f"--stage {question.stage}: all that it removed was taken down since")
    return found - taken


def _num_taken(folder: Folder, manifest: Manifest, question: Question) -> int:
    """Of what a stage after ingest removed, how much was taken down since."""
    taken = taken_ids(folder, manifest)
    if question.stage == "ingest" or not len(taken):
        return 0
    return sum(
        pc.sum(pc.is_in(_removed(folder, part, question).column("doc_id"), taken)).as_py() or 0
        for part in parts_below(manifest, _DOCUMENTS)
    )


def first_of_draw(
    folder: Folder, manifest: Manifest, question: Question, population: int, num: int
) -> pa.Table:
    """The first documents of the draw.

    Args:
        folder: The corpus.
        manifest: Its manifest.
        question: What is asked.
        population: As `population_of` has it.
        num: Wanted.

    Returns:
        CANDIDATES in the order of the draw; fewer than wanted where texts of more are gone.
    """
    if question.stage == "ingest":
        return first_dropped(folder, manifest, question, population, num)
    seed, taken = manifest.recipe.get("seed", 0), taken_ids(folder, manifest)
    rows = CANDIDATES.empty_table()
    for part in parts_below(manifest, _DOCUMENTS):
        if question.stage == KEPT:
            mine = _kept(folder, part)
        else:
            mine = _removed(folder, part, question)
            mine = mine.filter(pc.invert(pc.is_in(mine.column("doc_id"), taken)))
        order = draw_order(seed, mine.column("doc_id").combine_chunks())
        rows = smallest(pa.concat_tables([rows, candidates(mine, order)]), num, [])
    return rows


def _removed(folder: Folder, part: str, question: Question) -> pa.Table:
    removed = removed_later(folder, part)
    chosen = pc.equal(removed.column("stage"), question.stage)
    if question.rule:
        chosen = pc.and_(chosen, pc.equal(removed.column("rule"), question.rule))
    return removed.filter(chosen)


def _kept(folder: Folder, part: str) -> pa.Table:
    path = f"{_DOCUMENTS}{part}.arrow"
    with open_arrow(folder, path, ["doc_id"]) as reader:
        doc_ids = reader.read_all().column("doc_id").combine_chunks()
    stays = np.ones(len(doc_ids), np.bool_)
    stays[removed_later(folder, part).column("row").to_numpy()] = False
    rows = np.flatnonzero(stays)
    rules = pa.repeat(pa.scalar(""), len(rows))
    return pa.table({"doc_id": doc_ids.take(rows), "rule": rules})
