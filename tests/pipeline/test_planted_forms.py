"""Every form of the planted corpus's card shows the numbers that were planted."""

import json
import re
import socket
from collections import Counter
from html.parser import HTMLParser

import pytest
from planted_sources import CLUSTERS, RECORDS, UNREADABLE

KEPT = [record for record in RECORDS if not record.fate]


class _Rows(HTMLParser):
    """Cells of all rows of a page, without how their numbers are known."""

    def __init__(self):
        super().__init__()
        self.rows, self._in_cell = [], False

    def handle_starttag(self, tag, attributes):
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")
            self._in_cell = True

    def handle_endtag(self, tag):
        self._in_cell = self._in_cell and tag not in ("td", "th")

    def handle_data(self, data):
        if self._in_cell:
            self.rows[-1][-1] += data


def readme_rows(text):
    lines = (line for line in text.splitlines() if line.startswith("| "))
    return [
        [re.sub(r"<sup>.*?</sup>|`", "", cell).strip() for cell in line[1:-1].split("|")]
        for line in lines
    ]


def page_rows(text):
    parser = _Rows()
    parser.feed(text)
    return parser.rows


@pytest.fixture(scope="module", params=["README.md", "card/card.html"])
def rows(planted, request):
    """Rows of the form's tables: the name, and the first word of each other cell."""
    text = (planted / request.param).read_text(encoding="utf-8")
    found = readme_rows(text) if request.param.endswith(".md") else page_rows(text)
    return [(row[0], [(cell.split() or [""])[0] for cell in row[1:]]) for row in found if row]


def has(rows, name, *numbers):
    """Whether a row of this name has these numbers, in this order, others between them."""
    wanted = [f"{number:,}" for number in numbers]
    for found, cells in rows:
        rest = iter(cells)
        if found == name and all(number in rest for number in wanted):
            return True
    return False


def num_bytes(records):
    return sum(len(record.masked.encode()) for record in records)


def test_subsets_with_documents_and_bytes(rows):
    for subset in ("web", "mail", "world"):
        kept = [record for record in KEPT if record.subset == subset]
        assert has(rows, subset, len(kept), num_bytes(kept)), subset


def test_rules_with_what_they_took_out_first_and_would_alone(rows):
    fates = {record.fate for record in RECORDS} - {""}
    assert len(fates) == 8
    for rule in fates:
        gone = [record for record in RECORDS if record.fate == rule]
        alone = sum(rule in record.hits for record in RECORDS)
        by_ingest = gone[0].by_ingest
        text_bytes = sum(len((one.text if by_ingest else one.masked).encode()) for one in gone)
        numbers = (len(gone), text_bytes, alone) if by_ingest else (len(gone), text_bytes)
        assert has(rows, rule, *numbers), rule


def test_subsets_with_the_fate_of_their_documents(rows):
    for subset in ("web", "mail", "world"):
        mine = [record for record in RECORDS if record.subset == subset]
        unreadable = len(UNREADABLE) if subset == "web" else 0
        dropped = sum(record.by_ingest for record in mine)
        kept = sum(not record.fate for record in mine)
        removed = len(mine) - dropped - kept
        assert has(rows, subset, len(mine) + unreadable, unreadable, dropped, removed, kept)


def test_languages_domains_clusters_and_people(rows):
    for language, number in Counter(record.language for record in KEPT).items():
        mine = [record for record in KEPT if record.language == language]
        assert has(rows, language, number, num_bytes(mine)), language
    assert has(rows, "big.org", 32, 32)
    for size, number in CLUSTERS.items():
        assert has(rows, size, number), size
    # In 4 documents 6 addresses, of which 3 documents were kept.
    assert has(rows, "personal_data/email@1", 4, 6, 3)


def test_evaluation_sets(rows):
    # Items, searched, found, contaminated; documents that hold them, dropped, cut, left.
    assert has(rows, "quiz", 4, 3, 2, 1, 2, 2, 0, 0)
    assert has(rows, "exam", 1, 1, 1, 1, 1, 0, 0, 1)


@pytest.mark.filterwarnings(
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"  # of mlcroissant's own use of rdflib
)
def test_croissant_loads_offline_with_the_same_counts(planted, monkeypatch):
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")

    def refuse(*_args, **_options):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)
    data = mlcroissant.Dataset(str(planted / "card/croissant.json"))
    assert not data.metadata.ctx.issues.errors
    subsets = {row["subsets/subset"]: row["subsets/documents"] for row in data.records("subsets")}
    assert subsets == Counter(record.subset for record in KEPT)
    languages = {row["languages/language"]: row for row in data.records("languages")}
    assert {key: row["languages/documents"] for key, row in languages.items()} == Counter(
        record.language for record in KEPT
    )
    gone, alone = Counter(), Counter()
    for row in data.records("rules"):
        key = row["rules/subset"], row["rules/rule"]
        gone[key] = row["rules/dropped_documents"] + row["rules/removed_documents"]
        alone[key] = row["rules/hit_documents"]
    planted_fates = Counter((record.subset, record.fate) for record in RECORDS if record.fate)
    assert +gone == planted_fates
    assert +alone == Counter((record.subset, rule) for record in RECORDS for rule in record.hits)


def test_datasets_finds_as_many_documents_as_the_card_says(planted, monkeypatch, tmp_path):
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    datasets = pytest.importorskip("datasets", reason="datasets is not installed")
    datasets.disable_progress_bars()
    facts = json.loads((planted / "card/card.json").read_text())["facts"]
    values = {fact["id"]: fact["value"] for fact in facts}
    for subset, number in Counter(record.subset for record in KEPT).items():
        loaded = datasets.load_dataset(str(planted), subset, cache_dir=str(tmp_path))
        assert sum(len(split) for split in loaded.values()) == number
        for name, split in loaded.items():
            of = f"split={name}.subset={subset}"
            assert len(split) == values[f"corpus.documents.{of}"]
            assert sum(map(len, split["tokens"])) == values[f"corpus.tokens.{of}"]
