import json
import re
import shutil
from pathlib import Path

import pytest
from planted_card import SAMPLES, card, inputs
from planted_corpus import record_of, write_corpus

from haybale.cards.check.check import check_card
from haybale.cards.check.conservation import conservation
from haybale.cards.check.page import check_page
from haybale.cards.check.totals import TOTALS, totals
from haybale.cards.declaration import CardDeclaration
from haybale.cards.write import write_card
from haybale.corpus.digests import canonical_json
from haybale.corpus.errors import CorruptShardError, ManifestMismatchError
from haybale.corpus.storage import Folder


@pytest.fixture(scope="module")
def written(tmp_path_factory):
    path = tmp_path_factory.mktemp("written")
    write_corpus(path)
    return path


@pytest.fixture
def corpus(written, tmp_path):
    """A copy to break."""
    shutil.copytree(written, tmp_path, dirs_exist_ok=True)
    return Folder(str(tmp_path))


def lines_of(folder, card_only=True):
    lines = [str(finding) for finding in check_card(folder, card_only)]
    assert all("\n" not in line for line in lines)
    return lines


def edit(folder, name, change):
    """Change a file of the card."""
    folder.commit_bytes(name, change(folder.read(name)))


def edit_facts(folder, change):
    """Change card.json as it is parsed."""
    raw = json.loads(folder.read("card/card.json"))
    change(raw)
    folder.commit_bytes("card/card.json", canonical_json(raw))


def fact_of(raw, name):
    return next(fact for fact in raw["facts"] if fact["id"] == name)


def test_a_card_as_it_was_written_has_nothing_wrong(corpus):
    assert lines_of(corpus, card_only=False) == []


def test_a_card_alone_has_nothing_wrong(tmp_path):
    folder = Folder(str(tmp_path))
    write_card(folder, inputs(), [])
    assert lines_of(folder) == []


def test_hostile_samples_everywhere_break_nothing(tmp_path):
    hostile = "</script><script>alert(1)</script>\u202e\x00```\n---\n"
    samples = ({**SAMPLES[0], "excerpt": hostile},)
    said = CardDeclaration(samples="everywhere", title="<script>x</script>")
    folder = write_corpus(tmp_path, samples=samples, declared=said)
    assert lines_of(folder, card_only=False) == []


def test_a_missing_corpus_is_one_line(tmp_path):
    write_card(Folder(str(tmp_path)), inputs(), [])
    with pytest.raises(ManifestMismatchError, match=r"found no corpus\.json"):
        check_card(Folder(str(tmp_path)), card_only=False)


def test_a_manifest_that_does_not_verify_is_one_line(corpus):
    edit(corpus, "corpus.json", lambda data: data.replace(b'"planted"', b'"planned"'))
    with pytest.raises(CorruptShardError, match="no longer matches its own digest"):
        check_card(corpus, card_only=False)


def test_a_card_of_an_earlier_format_is_told_to_be_made_again(corpus):
    edit_facts(corpus, lambda raw: raw.update(format="haybale/card@1"))
    (line,) = lines_of(corpus)
    assert "expected format haybale/card@2, found haybale/card@1" in line
    assert "haybale card build" in line


def test_a_corpus_of_an_earlier_release_is_told_to_have_its_card_made_again():
    golden = Path(__file__).parents[1] / "golden" / "corpus-v1"
    (line,) = lines_of(Folder(str(golden)), card_only=False)
    assert "found haybale/card@1; make the card again" in line


def test_facts_that_are_no_json_or_not_there_are_one_line(corpus):
    edit(corpus, "card/card.json", lambda data: data[:100])
    assert len(lines_of(corpus)) == 1
    corpus.remove("card/card.json")
    (line,) = lines_of(corpus)
    assert "the file is missing" in line


@pytest.mark.parametrize(
    ("name", "changes", "expected"),
    [
        ("corpus.tokens", {"how": "guessed"}, "what its schema asks for at facts/"),
        ("corpus.tokens", {"value": None}, "expected"),
        ("languages.precision", {"why_missing": ""}, "expected"),
        ("distinct.urls.state=corpus", {"interval": None}, "expected"),
        ("corpus.tokens", {"measure": "corpus.words"}, "expected"),
    ],
)
def test_a_fact_must_say_how_it_is_known(corpus, name, changes, expected):
    edit_facts(corpus, lambda raw: fact_of(raw, name).update(changes))
    assert any(expected in line and "card/card.json" in line for line in lines_of(corpus))


@pytest.mark.parametrize(
    ("name", "sentence"),
    [
        ("corpus.documents.split=train.subset=web", "corpus.documents.split=train 45"),
        ("language.tokens.language=fr", "the sum of language.tokens over language"),
        ("license.documents.subset=web.license=MIT", "the sum of license.documents over subset"),
        (
            "attrition.dropped.documents.subset=web.rule=gopher/word_count@1",
            "ingest.read.documents.subset=web 100",
        ),
        (
            "attrition.removed.documents.subset=web.rule=exact/text@1",
            "those in the corpus or removed 66",  # 50 and 16, of 65
        ),
        ("people.items.subset=web.what=personal_data/email@1", "the sum of people.items over"),
        ("duplicates.documents", "the sum of duplicates.documents over method"),
    ],
)
def test_sums_that_do_not_close_are_found(corpus, name, sentence):
    def add_one(raw):
        fact_of(raw, name)["value"] += 1

    edit_facts(corpus, add_one)
    assert any(sentence in line for line in lines_of(corpus)), lines_of(corpus)


def test_a_histogram_must_have_every_document(corpus):
    def add_one(raw):
        fact_of(raw, "lengths.tokens.state=corpus")["value"]["buckets"][0][2] += 1

    edit_facts(corpus, add_one)
    assert any("documents by lengths.tokens 51" in line for line in lines_of(corpus))


def test_documents_by_domain_must_be_all(corpus):
    def add_one(raw):
        fact_of(raw, "domains.without_url.documents")["value"] += 1

    edit_facts(corpus, add_one)
    assert any("with and without a web domain 51" in line for line in lines_of(corpus))


def test_the_planted_card_has_both_sides_of_most_laws():
    planted = card()
    assert len(list(totals(planted))) > len(TOTALS) / 2
    assert len(list(conservation(planted))) == 2


@pytest.mark.parametrize(
    ("license", "found"), [("cc-by-5.0", "found 'cc-by-5.0'"), ("mit", "README.md")]
)
def test_a_licence_must_be_one_and_the_one_of_the_readme(corpus, license, found):
    edit_facts(corpus, lambda raw: raw["declared"].update(license=license))
    assert any(found in line for line in lines_of(corpus))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("README.md", b'size_categories: ["n<1K"]', b'size_categories: ["huge"]'),
        ("README.md", b"num_examples: 45", b"num_examples: 46"),
        ("card/card.html", b"500", b"900"),
        ("card/eu-summary.md", b"500 tokens", b"900 tokens"),
        ("card/croissant.json", b"web", b"wet"),
    ],
)
def test_a_form_that_was_edited_is_named_with_its_line(corpus, path, old, new):
    assert old in corpus.read(path)
    edit(corpus, path, lambda data: data.replace(old, new, 1))
    lines = [line for line in lines_of(corpus) if line.startswith(f"{path}:")]
    assert len(lines) == 1
    assert re.search(r"at line \d+ '", lines[0])


def test_facts_that_cannot_be_shown_are_one_finding(corpus):
    def lose(raw):
        raw["facts"] = [fact for fact in raw["facts"] if fact["id"] != "corpus.tokens"]

    edit_facts(corpus, lose)
    assert any("facts that every form can be made of" in line for line in lines_of(corpus))


def test_a_missing_form_is_found(corpus):
    corpus.remove("card/eu-summary.md")
    (line,) = lines_of(corpus)
    assert line.startswith("card/eu-summary.md: expected this form of the card, found no file")


@pytest.mark.parametrize(
    "planted",
    [
        "<script>x</script>",
        '<img src="https://x.org/a.png"/>',
        '<link rel="stylesheet" href="https://x.org/a.css"/>',
        '<p onclick="x()">a</p>',
        '<p style="background: url(https://x.org)">a</p>',
        "<style>@import 'https://x.org/a.css';</style>",
        '<a href="javascript:x()">a</a>',
        '<svg><use href="https://x.org/a.svg#b"/></svg>',
        '<meta http-equiv="refresh" content="0; url=https://x.org"/>',
    ],
)
def test_a_page_that_runs_or_loads_something_is_found(corpus, planted):
    page = corpus.read("card/card.html").decode()
    assert list(check_page(page, "card.html")) == []
    broken = page.replace("</main>", f"{planted}</main>")
    assert len(list(check_page(broken, "card.html"))) >= 1


def test_a_page_without_a_policy_is_found():
    assert "Content-Security-Policy" in str(next(check_page("<p>a</p>", "card.html")))


def test_croissant_must_name_the_list_of_files_that_is_there(corpus):
    edit(corpus, "card/manifest.jsonl", lambda data: data + b"\n")
    assert any("sha256" in line and "croissant" in line for line in lines_of(corpus))
    edit(corpus, "card/croissant.json", lambda data: b"[]")
    assert any("JSON with a distribution" in line for line in lines_of(corpus))


def test_the_list_of_files_must_be_that_of_the_corpus(corpus):
    edit(corpus, "card/manifest.jsonl", lambda data: data.replace(b'"bytes": 12345', b'"bytes": 1'))
    lines = lines_of(corpus, card_only=False)
    assert any("the 1 input files of card.json" in line for line in lines)
    assert any("the file that corpus.json names" in line for line in lines)


def test_shards_listed_must_hold_what_the_card_says(corpus):
    edit(
        corpus,
        "card/manifest.jsonl",
        lambda data: data.replace(b'"documents": 45', b'"documents": 44'),
    )
    assert any("documents of the shards in train/web" in line for line in lines_of(corpus))


def test_a_line_that_is_none_is_found(corpus):
    edit(corpus, "card/manifest.jsonl", lambda data: b"nonsense\n" + data)
    assert any(
        "JSON with kind, path, bytes and digest at line 1" in line for line in lines_of(corpus)
    )


def test_the_cards_files_are_hashed_beside_a_corpus(corpus):
    before = record_of(corpus, "card/attrition.parquet")
    edit(corpus, "card/attrition.parquet", lambda data: data[:-1] + b"X")
    assert record_of(corpus, "card/attrition.parquet") != before
    assert any(line.startswith("card/attrition.parquet") for line in lines_of(corpus, False))
    assert lines_of(corpus, card_only=True) == []


def test_facts_must_be_what_the_inputs_give(tmp_path):
    """A card whose forms were made anew of forged facts agrees with itself, but not with these."""
    write_card(Folder(str(tmp_path)), inputs(clusters={2: 9, 4: 3}), [])
    folder = Folder(str(tmp_path))
    honest = canonical_json(inputs().as_json())
    edit(folder, "card/inputs.json", lambda data: honest)
    (line,) = lines_of(folder)
    assert line.startswith("card/card.json: expected value of duplicates.cluster_size.size=3-4 to")
    assert "to be 2, as card/inputs.json gives it, found 3" in line


@pytest.mark.parametrize("digest", [None, {"a": 1}])
def test_a_line_of_other_types_is_found(corpus, digest):
    def change(data):
        first, *rest = data.splitlines()
        return b"\n".join([json.dumps({**json.loads(first), "digest": digest}).encode(), *rest])

    edit(corpus, "card/manifest.jsonl", change)
    assert any("digest at line 1" in line for line in lines_of(corpus))


def test_a_shard_without_a_subset_is_found(corpus):
    edit(corpus, "card/manifest.jsonl", lambda data: data.replace(b"shards/train/web/", b"shards/"))
    assert any("expected JSON with kind, path" in line for line in lines_of(corpus))


@pytest.mark.parametrize("models", ["", []])
def test_facts_that_no_form_can_be_made_of_are_found(corpus, models):
    edit_facts(corpus, lambda raw: raw["lineage"].update(models=models))
    assert any(line.startswith("card/card.json") for line in lines_of(corpus))


def test_the_part_of_a_line_that_differs_is_shown(corpus):
    edit(corpus, "README.md", lambda data: data.replace(b"arithmetic on", b"addition of"))
    (line,) = lines_of(corpus)
    expected, found = line.split(" found ")
    assert "arithmetic on" in expected
    assert "addition of" in found
