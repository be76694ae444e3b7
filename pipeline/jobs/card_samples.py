"""Samples for the card: excerpts of documents that rules removed, and of those in the corpus.

An excerpt is not escaped here: whoever shows it does that. Personal data of every kind is masked in
it, whatever the subset asked for, because a card is read by more people than a corpus is.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from haybale.corpus.draws import smallest
from haybale.pipeline.context import BuildContext
from haybale.pipeline.jobs.drawn import DRAWN, GROUPS, PLACED, placed, with_texts
from haybale.pipeline.kept.signatures import signatures_path
from haybale.pipeline.kept.survivors import surviving_rows
from haybale.pipeline.planning.listed import NOT_LISTED
from haybale.pipeline.rows.tables import read_table
from haybale.quality.origin import DENIED, OPTED_OUT
from haybale.quality.sensitive.masking import mask_personal_data
from haybale.quality.sensitive.personal_data import KINDS

REMOVED_PER_RULE = 3
"""Documents shown of a stage, rule and subset."""
KEPT_PER_SUBSET = 5
EXCERPT_CHARACTERS = 300

NEVER_SHOWN = frozenset({OPTED_OUT, DENIED, NOT_LISTED})
"""Rules whose documents are not shown: their owners said no, or somebody decided against them by
name, for reasons that are not known here; lists of domains are mostly lists of pornography and
fraud."""
NEVER_SHOWN_WORDS = (
    *("personal", "pii", "privacy", "private", "sensitive", "secret"),
    *("toxic", "hate", "abus", "offens", "insult", "harass", "threat", "profan", "obscen", "slur"),
    *("nsfw", "sex", "porn", "adult", "violen", "gore", "harm", "unsafe", "safety", "bad_word"),
    *("word_list", "blocklist", "blacklist"),
)
"""Nor those of rules with one of these in their names: what was removed as personal or as toxic
must not come back by way of the card. A classifier is named in the recipe, so it is told by its
name; better an example too few than one too many."""


def card_samples(context: BuildContext, drawn: pa.Table) -> list[dict[str, Any]]:
    """Rows for `haybale.cards.inputs.CardInputs.samples`; none where the recipe wants none.

    Args:
        context: The build.
        drawn: Removed documents, DRAWN.

    Returns:
        Kept ones first, then by stage, rule, subset and order of the draw: `state`, `stage`,
        `rule`, `subset`, `language`, `doc_id` and `survivor` (hex; the latter null where none
        stands for the document), `value`, `excerpt`.
    """
    if context.loaded.recipe.card.samples == "none":
        return []
    shown = [not is_sensitive(rule) for rule in drawn.column("rule").to_pylist()]
    removed = smallest(drawn.filter(pa.array(shown, pa.bool_())), REMOVED_PER_RULE, GROUPS)
    return [*_rows("kept", _kept(context)), *_rows("removed", removed)]


def is_sensitive(rule: str) -> bool:
    """Whether what this rule removed must not be shown."""
    return rule in NEVER_SHOWN or any(word in rule.lower() for word in NEVER_SHOWN_WORDS)


def _rows(state: str, drawn: pa.Table) -> Iterator[dict[str, Any]]:
    texts = drawn.column("text").combine_chunks()
    masked = mask_personal_data(texts, KINDS).texts
    excerpts = pc.utf8_slice_codeunits(masked, 0, EXCERPT_CHARACTERS).to_pylist()
    columns = ["stage", "rule", "subset", "language", "doc_id", "survivor", "value"]
    for row, excerpt in zip(drawn.select(columns).to_pylist(), excerpts, strict=True):
        survivor = row["survivor"] and row["survivor"].hex()
        named = {"doc_id": row["doc_id"].hex(), "survivor": survivor}
        yield {"state": state, **row, **named, "excerpt": excerpt}


def _kept(context: BuildContext) -> pa.Table:
    """DRAWN of documents of the corpus."""
    chosen = PLACED.empty_table()
    for part in context.parts:
        table = read_table(context.folder, signatures_path(part.name), ["doc_id"])
        rows = np.flatnonzero(surviving_rows(context.folder, part.name, table.num_rows))
        columns = {
            "stage": pa.repeat(pa.scalar("tokenize"), len(rows)),
            "rule": pa.repeat(pa.scalar(""), len(rows)),
            "doc_id": table.column("doc_id").take(pa.array(rows)),
            "row": pa.array(rows),
        }
        mine = placed(context, part, columns)
        chosen = smallest(pa.concat_tables([chosen, mine]), KEPT_PER_SUBSET, GROUPS)
    drawn = pa.concat_tables([DRAWN.empty_table(), *with_texts(context, chosen)])
    return smallest(drawn, KEPT_PER_SUBSET, GROUPS)
