import numpy as np
import pyarrow as pa

from haybale.corpus.documents import DOCUMENTS
from haybale.corpus.edits import EDITS
from haybale.corpus.ledger import Ledger
from haybale.pipeline.ingesting.accounts import enter_batch
from haybale.pipeline.ingesting.decide import Decisions
from haybale.pipeline.ingesting.findings import Findings


def test_every_document_is_entered_under_what_happened_to_it():
    # Four documents of 4 bytes; the second had 9 before an item of 7 became a token of 2, and the
    # fourth mentions something twice. The first is kept and loses one byte; the second is kept,
    # near the bound; the third fails, near it; the fourth fails by far. The rule was skipped for
    # the first.
    texts = ["hay.", "bale", "corn", "barn"]
    rows = [
        {"doc_id": bytes([n] * 16), "text": t, "subset": "web", "language": "en" if n else "de"}
        for n, t in enumerate(texts)
    ]
    edits = [{"row": 0, "start": 3, "stop": 4, "replacement": "", "rule": "e@1"}]
    edits += [{"row": 3, "start": 0, "stop": 1, "replacement": "", "rule": "e@1"}]
    decisions = Decisions(
        reason=pa.array([None, None, "r@1", "r@1"]),
        texts=pa.array(["hay", "bale", "corn", "arn"], pa.large_string()),
        edits=pa.RecordBatch.from_pylist(edits, EDITS),
        values={},
        hits={"r@1": np.array([False, False, True, True])},
        near={"r@1": np.array([False, True, True, False])},
        skipped={"r@1": np.array([True, False, False, False])},
    )
    findings = Findings(
        texts=pa.array(texts, pa.large_string()),
        read_bytes=np.array([4, 9, 4, 4]),
        counts={"p@1": np.array([0, 1, 0, 2])},
        taken={"m@1": np.array([0, 7, 0, 3])},  # the fourth is dropped
        inserted={"m@1": np.array([0, 2, 0, 2])},
    )
    ledger = Ledger()
    enter_batch(ledger, "web", pa.RecordBatch.from_pylist(rows, DOCUMENTS), decisions, findings)
    found = {
        (account.outcome, account.rule, account.language): (amount.documents, amount.text_bytes)
        for account, amount in ledger.rows()
    }
    items = {account[3:]: amount.items for account, amount in ledger.rows() if amount.items}
    assert items == {("found", "p@1"): 3, ("found_kept", "p@1"): 1}
    assert found == {
        ("read", "", "de"): (1, 4),
        ("read", "", "en"): (3, 17),
        ("kept", "", "de"): (1, 3),
        ("kept", "", "en"): (1, 4),
        ("dropped", "r@1", "en"): (2, 8),
        ("hit", "r@1", "en"): (2, 8),
        ("barely_hit", "r@1", "en"): (1, 4),
        ("nearly_hit", "r@1", "en"): (1, 9),
        ("skipped", "r@1", "de"): (1, 4),
        # What was taken out of the fourth, which is dropped, does not count.
        ("edited", "e@1", "de"): (1, 1),
        ("edited", "m@1", "en"): (1, 7),
        ("inserted", "m@1", "en"): (1, 2),
        ("found", "p@1", "en"): (2, 13),
        ("found_kept", "p@1", "en"): (1, 9),
    }
    ledger.check()
