"""The card of a corpus after a takedown."""

from dataclasses import replace
from typing import Any

from haybale.cards.card import Card
from haybale.cards.compare.changes import compare, read_card
from haybale.cards.facts import build_facts
from haybale.cards.forms import CARD_PATHS, INPUTS_PATH
from haybale.cards.inputs import CardInputs
from haybale.cards.write import write_card
from haybale.corpus.id_lists import KEPT_PATH
from haybale.corpus.shards import INDEX_PATH
from haybale.corpus.storage import read_parsed
from haybale.pipeline.jobs.domains_table import DOMAINS_PATH
from haybale.pipeline.jobs.unigrams_table import UNIGRAMS_PATH
from haybale.pipeline.takedown.beside_shards import rewrite_beside
from haybale.pipeline.takedown.ids import Ids, hex_of
from haybale.pipeline.takedown.part_measures import PartFacts
from haybale.pipeline.takedown.remeasured import measured_after, tokenizer_report_after
from haybale.pipeline.takedown.shards import TakenTokens
from haybale.pipeline.takedown.totals import Totals, ledger_after
from haybale.pipeline.takedown.work import Exchange, Work
from haybale.tokenization.report import REPORT_PATH


def tell_card(
    work: Work,
    ids: Ids,
    taken: TakenTokens,
    parts: PartFacts,
    sums: tuple[dict[str, Any], Totals, dict[str, float]],
    exchange: Exchange,
) -> dict[str, Any] | None:
    """Write the card of the corpus to be; returns what changed in it.

    Excerpts of documents that are taken down go, and of those that they stood for.
    """
    if not work.has(INPUTS_PATH):
        rewrite_beside(work, taken, {}, exchange)
        return None
    work.check(INPUTS_PATH, DOMAINS_PATH, UNIGRAMS_PATH, REPORT_PATH)
    inputs = CardInputs.from_json(read_parsed(work.folder, INPUTS_PATH))
    before = Card(build_facts(inputs))  # by this release, so that nothing else moves
    lineage, totals, weights = sums
    packings = rewrite_beside(work, taken, inputs.packings, exchange)
    gone = set(hex_of(ids))
    inputs = replace(
        inputs,
        ledger=ledger_after(inputs.ledger, parts),
        totals=totals,
        weights=weights,
        lineage=lineage,
        samples=[row for row in inputs.samples if not gone & {row["doc_id"], row.get("survivor")}],
        tokenizer_report=tokenizer_report_after(
            work, inputs.tokenizer_report, parts, taken.pieces, exchange
        ),
        packings=packings,
        measured=measured_after(work, inputs.measured, parts, exchange),
    )
    others = [file for file in exchange.files_of(work.manifest) if file.path not in CARD_PATHS]
    corpus = work.new if INDEX_PATH in exchange.written else work.folder
    exchange.add(*write_card(work.new, inputs, others, corpus))
    lists = work.new if KEPT_PATH in exchange.written else work.folder
    return compare(before, read_card(work.new), work.folder, lists, unrelated_too=True)
