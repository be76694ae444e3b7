"""Personal data masked, mentions counted, origins decided: in whole ingests of small corpora."""

import json
from pathlib import Path

import pytest

from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.ledger import Ledger
from haybale.corpus.storage import Folder
from haybale.pipeline.build import build
from haybale.pipeline.kept.documents import documents_path
from haybale.pipeline.progress import Progress
from haybale.pipeline.rows.tables import read_table

RECIPE = """
name = "people"

[[subsets]]
name = "web"
paths = ["web.jsonl"]
{subset}

[ingest]
identify_language = false
{ingest}

[tokenizer]
train = {{ vocabulary_size = 300 }}
"""


def make(folder: Path, records: list[dict], subset: str = "", ingest: str = "") -> Path:
    (folder / "web.jsonl").write_text("".join(json.dumps(record) + "\n" for record in records))
    path = folder / "recipe.toml"
    path.write_text(RECIPE.format(subset=subset, ingest=ingest))
    return path


def ingest(recipe: Path, output: Path) -> tuple[Ledger, list[str]]:
    """The checked ledger, and the texts kept."""
    build(recipe, str(output), last_stage="ingest", progress=Progress(quiet=True))
    record = json.loads((output / "run/ingest/web/00000.json").read_text())
    ledger = Ledger.from_json(record["ledger"])
    ledger.check()
    table = read_table(Folder(str(output)), documents_path("web/00000"))
    return ledger, table.column("text").to_pylist()


def test_what_is_masked_is_nowhere_and_bytes_conserve(tmp_path):
    texts = ["She wrote jo@brook.org twice: jo@brook.org.", "Ask 93.184.215.14", "nothing here"]
    recipe = make(tmp_path, [{"text": text} for text in texts], 'mask = ["email"]')
    ledger, kept = ingest(recipe, tmp_path / "out")
    assert kept == ["She wrote <EMAIL> twice: <EMAIL>.", texts[1], texts[2]]
    for path in (tmp_path / "out").rglob("*"):
        assert not path.is_file() or b"jo@brook" not in path.read_bytes()
    found = ledger.total(outcome="found", rule="personal_data/email@1")
    assert (found.documents, found.items) == (1, 2)
    assert ledger.total(outcome="found", rule="personal_data/ip@1").items == 1
    # Two addresses of 12 bytes give way to two tokens of 7.
    assert ledger.total(outcome="edited", rule="mask/email@1").text_bytes == 24
    assert ledger.total(outcome="inserted", rule="mask/email@1").text_bytes == 14
    assert ledger.total(outcome="read").text_bytes == sum(map(len, texts))


def test_bytes_conserve_where_masked_documents_are_dropped(tmp_path):
    texts = ["jo@brook.org", "Ask jo@brook.org " + "now and then " * 60]
    recipe = make(
        tmp_path, [{"text": text} for text in texts], 'mask = ["email"]\nquality="gopher"'
    )
    ledger, kept = ingest(recipe, tmp_path / "out")
    assert kept == []
    assert ledger.total(outcome="dropped").text_bytes == sum(map(len, texts))
    assert ledger.total(outcome="edited").documents == 0


def test_mentions_are_counted_in_what_is_read_and_in_what_is_kept(tmp_path):
    records = [
        {"text": "She and her friends.", "license": "mit"},
        {"text": "She went.", "license": "secret"},
        {"text": "They stayed.", "license": "MIT"},
    ]
    recipe = make(tmp_path, records, 'licenses = ["mit"]')
    ledger, kept = ingest(recipe, tmp_path / "out")
    assert kept == ["She and her friends.", "They stayed."]
    she = "identity/pronoun/she@1"
    found, stayed = (ledger.total(outcome=one, rule=she) for one in ("found", "found_kept"))
    assert (found.documents, found.items) == (2, 3)
    assert (stayed.documents, stayed.items) == (1, 2)
    assert ledger.total(outcome="dropped", rule="license/allowed@1").documents == 1


def test_nothing_is_counted_where_it_is_not_asked(tmp_path):
    recipe = make(tmp_path, [{"text": "She wrote jo@brook.org"}], ingest="count_people = false")
    ledger, _ = ingest(recipe, tmp_path / "out")
    assert "found" not in ledger.values("outcome")


def test_words_of_a_list_are_measured_and_drop_nothing(tmp_path):
    (tmp_path / "words.json").write_text('{"en": ["gift"]}')
    records = [{"text": "A gift, a gift.", "lang": "en"}, {"text": "Das Gift.", "lang": "de"}]
    recipe = make(tmp_path, records, ingest='word_list = "words.json"')
    ledger, kept = ingest(recipe, tmp_path / "out")
    assert len(kept) == 2
    assert ledger.total(outcome="found", rule="word_list/words@1").items == 2
    measures = read_table(Folder(str(tmp_path / "out")), "measures/web/00000.arrow")
    assert measures.column("word_list/words@1").to_pylist() == [2.0, None]


def test_lists_of_domains_decide_and_say_where_there_is_no_url(tmp_path):
    (tmp_path / "denied.txt").write_text("brook.org\n")
    (tmp_path / "out.txt").write_text("https://host.net/mine\n")
    records = [
        {"text": "one", "url": "https://a.brook.org/"},
        {"text": "two", "url": "https://host.net/mine"},
        {"text": "three", "url": "https://host.net/yours"},
        {"text": "four"},
    ]
    settings = 'deny_domains = "denied.txt"\nopt_out = "out.txt"'
    ledger, kept = ingest(make(tmp_path, records, settings), tmp_path / "out")
    assert kept == ["three", "four"]
    assert ledger.total(outcome="dropped", rule="domain/denied@1").documents == 1
    assert ledger.total(outcome="dropped", rule="domain/opted_out@1").documents == 1
    assert ledger.total(outcome="skipped", rule="domain/denied@1").documents == 1


@pytest.mark.parametrize(
    ("subset", "ingest_settings", "message"),
    [
        ('deny_domains = "none.txt"', "", "subsets.web.deny_domains: expected a list of domains"),
        ('opt_out = "none.txt"', "", "subsets.web.opt_out: expected a list of domains"),
        ("", 'word_list = "none.json"', "word_list: expected a JSON file"),
        ('mask = ["name"]', "", "expected one of 'email', 'phone', 'ip', 'card', found 'name'"),
        ("licenses = []", "", "licenses: expected at least one"),
    ],
)
def test_a_setting_that_cannot_be_right_ends_before_work(
    tmp_path, subset, ingest_settings, message
):
    recipe = make(tmp_path, [{"text": "x"}], subset, ingest_settings)
    with pytest.raises(RecipeError, match=message):
        ingest(recipe, tmp_path / "out")
    assert not (tmp_path / "out" / "documents").exists()


def test_a_changed_list_is_not_answered_with_old_parts(tmp_path):
    (tmp_path / "denied.txt").write_text("brook.org\n")
    records = [
        {"text": "one", "url": "https://brook.org/"},
        {"text": "two", "url": "https://b.net"},
    ]
    recipe = make(tmp_path, records, 'deny_domains = "denied.txt"')
    assert ingest(recipe, tmp_path / "out")[1] == ["two"]
    (tmp_path / "denied.txt").write_text("b.net\n")
    with pytest.raises(ManifestMismatchError):
        ingest(recipe, tmp_path / "out")
