import json

import pytest
from planted_card import card, inputs

from haybale.cards.compare.changes import check_related, compare, read_card
from haybale.corpus.digests import canonical_json, digest
from haybale.corpus.errors import ManifestMismatchError, RecipeError
from haybale.corpus.storage import Folder

STRANGER = {**inputs().lineage, "inputs": {"web": [{"name": "z", "bytes": 1, "digest": "zz"}]}}


def test_what_changed_names_the_card_it_was_compared_with(tmp_path):
    folder = Folder(str(tmp_path))
    old, new = card(), card(weights={"web": 0.5})
    changes = compare(old, new, folder, folder)
    assert changes["from"] == {"name": "planted", "card": digest(canonical_json(old.raw))}
    assert "mixture.weight.subset=web" in {fact["id"] for fact in changes["facts"]["moved"]}
    assert json.loads(canonical_json(changes)) == changes


def test_versions_have_a_name_or_an_input_in_common():
    check_related(card(), card(lineage=STRANGER))
    check_related(card(), card(name="other"))
    with pytest.raises(RecipeError, match="'planted' and 'other' have neither their name"):
        check_related(card(), card(name="other", lineage=STRANGER))


def test_unrelated_cards_are_compared_if_asked_for(tmp_path):
    folder, other = Folder(str(tmp_path)), card(name="other", lineage=STRANGER)
    with pytest.raises(RecipeError, match="no versions of one corpus"):
        compare(card(), other, folder, folder)
    assert compare(card(), other, folder, folder, unrelated_too=True)["from"]["name"] == "planted"


@pytest.mark.parametrize(
    ("content", "error", "message"),
    [
        (None, RecipeError, "expected a card, found no file"),
        ('{"format": "haybale/card@1"}', ManifestMismatchError, "found haybale/card@1"),
        ("[]", ManifestMismatchError, "found None"),
    ],
)
def test_what_is_no_card_is_said_in_one_line(tmp_path, content, error, message):
    if content is not None:
        (tmp_path / "card").mkdir()
        (tmp_path / "card" / "card.json").write_text(content)
    with pytest.raises(error, match=message):
        read_card(Folder(str(tmp_path)))
