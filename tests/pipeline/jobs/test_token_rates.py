import numpy as np
import pyarrow as pa

from haybale.cards.measured import TokenRate
from haybale.pipeline.jobs.drawn import DRAWN
from haybale.pipeline.jobs.token_rates import token_rates
from haybale.tokenization.tokenizer import Tokens


class Words:
    """One token a word, and one that ends the document."""

    def encode(self, texts):
        lengths = [len(text.split()) + 1 for text in texts.to_pylist()]
        return Tokens(np.r_[0, np.cumsum(lengths)], np.zeros(sum(lengths), np.uint16))


def drawn(*rows):
    return pa.Table.from_pylist(
        [
            {
                "stage": stage,
                "rule": rule,
                "subset": subset,
                "doc_id": bytes([number] * 16),
                "order": number,
                "text": text,
            }
            for number, (stage, rule, subset, text) in enumerate(rows)
        ],
        schema=DRAWN,
    )


def test_sums_are_of_each_stage_rule_and_subset():
    rows = drawn(
        ("ingest", "b@1", "web", "hay"),
        ("deduplicate", "a@1", "web", "one two"),
        ("deduplicate", "a@1", "books", "späte Ähren"),
        ("ingest", "b@1", "web", "late hay"),
    )
    # "späte Ähren" has 11 characters, two of them of two bytes. Texts are whole, so each has one
    # token more than words: (b, t) = (3, 2) and (8, 3) add to 73 = 9 + 64, 30 = 6 + 24, 13 = 4 + 9.
    assert token_rates(rows, Words()) == (
        TokenRate("deduplicate", "a@1", "books", 1, 13, 3, 169, 39, 9),
        TokenRate("deduplicate", "a@1", "web", 1, 7, 3, 49, 21, 9),
        TokenRate("ingest", "b@1", "web", 2, 11, 5, 73, 30, 13),
    )


def test_the_beginning_of_a_document_has_no_end_and_is_not_taken_for_all_of_it():
    text = "abc " * 2500  # 10,000 characters, as long as a beginning is: whether it goes on is open
    (rate,) = token_rates(drawn(("ingest", "b@1", "web", text)), Words())
    assert (rate.text_bytes, rate.tokens) == (9999, 2500)
    (rate,) = token_rates(drawn(("ingest", "b@1", "web", text[:9999])), Words())
    assert (rate.text_bytes, rate.tokens) == (9999, 2501)


def test_of_nothing_drawn_there_are_no_rates():
    assert token_rates(DRAWN.empty_table(), Words()) == ()
