import json
import socket

import pytest
from planted_card import SAMPLES, card

from haybale.cards.croissant.croissant import croissant
from haybale.cards.declaration import CardDeclaration
from haybale.corpus.digests import canonical_json

pytestmark = pytest.mark.filterwarnings(
    "ignore:ConjunctiveGraph is deprecated:DeprecationWarning"  # of mlcroissant's own use of rdflib
)

SAID = CardDeclaration(
    title="Planted",
    summary="Text that was planted.",
    version="1.0.0",
    published="2026-01-31",
    license="cc-by-4.0",
    citation="@misc{planted, title={Planted}}",
    provider="Hay Ltd",
    intended_use="Tests.",
    collection_period="January 2026",
)


@pytest.fixture
def offline(monkeypatch):
    """Any look for a server is an error."""

    def refuse(*_args, **_options):
        raise AssertionError("the network was asked for")

    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    monkeypatch.setattr(socket.socket, "connect", refuse)


@pytest.fixture
def validated(tmp_path, offline):
    """What mlcroissant makes of a card."""
    mlcroissant = pytest.importorskip("mlcroissant", reason="mlcroissant is not installed")

    def read(planted):
        path = tmp_path / "croissant.json"
        path.write_bytes(canonical_json(croissant(planted, "ab" * 32)))
        return mlcroissant.Dataset(str(path))

    return read


def test_a_card_with_all_answers_validates_without_error_or_warning(validated):
    issues = validated(card(declared=SAID)).metadata.ctx.issues
    assert not issues.errors
    assert not issues.warnings


def test_without_answers_only_their_lack_is_warned_of(validated):
    issues = validated(card()).metadata.ctx.issues
    assert not issues.errors
    missing = {word for warning in issues.warnings for word in warning.split('"') if "/" in word}
    assert missing == {
        "https://schema.org/datePublished",
        "https://schema.org/version",
        "http://mlcommons.org/croissant/citeAs",
    }


def test_inline_tables_load_without_a_network(validated):
    data = validated(card(declared=SAID))
    assert list(data.records("subsets")) == [
        {
            "subsets/subset": "web",
            "subsets/documents": 50,
            "subsets/text_bytes": 2000,
            "subsets/tokens": 500,
        }
    ]
    rules = {row["rules/rule"]: row for row in data.records("rules")}
    count = rules["gopher/word_count@1"]
    assert (count["rules/dropped_documents"], count["rules/hit_documents"]) == (20, 25)
    assert rules["exact/text@1"]["rules/removed_text_bytes"] == 600
    languages = {row["languages/language"]: row for row in data.records("languages")}
    assert languages["fr"]["languages/tokens"] == 120
    facts = {row["facts/measure"]: row for row in data.records("facts")}
    assert facts["corpus.tokens"]["facts/value"] == 500
    assert facts["corpus.tokens"]["facts/how"] == "exact"


def test_statistics_stand_at_the_columns():
    (subsets,) = [each for each in tables(card()) if each["@id"] == "subsets"]
    tokens = next(field for field in subsets["field"] if field["name"] == "tokens")
    assert {each["name"]: each["value"] for each in tokens["annotation"]} == {
        "sum": 500,
        "minimum": 500,
        "maximum": 500,
    }


def tables(planted):
    return croissant(planted, "ab")["recordSet"]


def test_it_says_where_the_corpus_comes_from_and_what_is_not_known():
    described = croissant(card(declared=SAID), "ab")
    assert described["license"] == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert described["creator"]["name"] == "Hay Ltd"
    assert described["inLanguage"] == ["en", "fr"]
    assert described["rai:dataCollectionTimeframe"] == "January 2026"
    assert (
        "Intended use: Tests. Out of scope: The author did not say."
        in described["rai:dataUseCases"]
    )
    assert "personal_data/email@1 8" in described["rai:personalSensitiveInformation"]
    assert "Of 100 documents read were left:" in described["rai:dataPreprocessingProtocol"]
    assert "50 after deduplicate" in described["rai:dataPreprocessingProtocol"]
    (source,) = described["prov:wasDerivedFrom"]
    assert "1 input files of 12,345 bytes" in source["prov:label"]
    assert described["prov:wasGeneratedBy"]["@type"] == "prov:Activity"


def test_shards_are_named_where_they_are():
    sets = [each for each in croissant(card(), "ab")["distribution"] if "includes" in each]
    assert [each["includes"] for each in sets] == [
        "../shards/train/web/*.arrow",
        "../shards/validation/web/*.arrow",
    ]
    manifest = croissant(card(), "abc")["distribution"][-1]
    assert (manifest["contentUrl"], manifest["sha256"]) == ("manifest.jsonl", "abc")


def test_other_licences_are_named_by_their_link_or_name():
    other = CardDeclaration(license="other", license_name="hay-1.0")
    assert croissant(card(declared=other), "ab")["license"] == "hay-1.0"
    assert croissant(card(), "ab")["license"] == "unknown"


def test_no_sample_reaches_it():
    samples = [{**SAMPLES[0], "excerpt": "</script><script>secret"}]
    declared = CardDeclaration(samples="everywhere")
    text = json.dumps(croissant(card(samples=samples, declared=declared), "ab"))
    assert "secret" not in text
