import re

import pytest

from haybale.cards.declaration import CardDeclaration
from haybale.cards.language_codes import check_language_code, hub_languages
from haybale.cards.licenses import LICENSES, check_license, license_address
from haybale.corpus.errors import RecipeError


def test_what_the_hub_documents_is_taken():
    # From the table of huggingface/hub-docs, docs/hub/repositories-licenses.md.
    documented = "apache-2.0 openrail++ cc-by-nc-nd-4.0 cdla-permissive-2.0 etalab-2.0 odc-by pddl"
    for license in documented.split():
        check_license(license)


def test_an_unknown_licence_is_one_line_with_the_nearest():
    with pytest.raises(RecipeError, match=r"found 'CC-BY-4'; did you mean 'cc-by-4\.0'\?") as error:
        CardDeclaration(license="CC-BY-4")
    assert "\n" not in str(error.value)
    assert len(str(error.value)) < 200


def test_a_licence_far_from_all_is_told_of_other():
    with pytest.raises(RecipeError, match="is 'other', named by license_name"):
        check_license("Квас")


def test_addresses_are_those_of_spdx():
    assert license_address("cc-by-4.0") == "https://spdx.org/licenses/CC-BY-4.0.html"
    assert license_address("llama3") == ""


def test_identifiers_have_the_form_of_the_hubs():
    assert all(re.fullmatch(r"[a-z0-9.+-]+", name) for name in LICENSES)


@pytest.mark.parametrize(
    ("label", "codes"),
    [
        ("en", ("en",)),
        ("ceb", ("ceb",)),  # ISO 639-3 alone
        ("eng_Latn", ("en",)),  # as GlotLID writes it
        ("tl", ("tl",)),  # Tagalog, not Filipino
        ("als", ("gsw",)),  # fastText: the Alemannic Wikipedia
        ("sh", ("hbs",)),
        ("eml", ("egl", "rgn")),
        ("unknown", ()),
        ("und", ()),
        ("klingonish", ()),
        ("qq!", ()),
    ],
)
def test_labels_of_identifiers_become_codes(label, codes):
    assert hub_languages(label) == codes


def test_an_unknown_language_is_one_line_with_the_nearest():
    check_language_code("tlh")
    with pytest.raises(RecipeError, match=r"found 'xx'; did you mean 'x[a-z]'\?"):
        check_language_code("xx")
    with pytest.raises(RecipeError, match="a code of ISO 639 such as 'en' or 'gsw'"):
        check_language_code("klingonish")


def test_a_declared_version_and_day_have_their_form():
    CardDeclaration(version="1.0.0", published="2026-01-31")
    with pytest.raises(RecipeError, match="version: expected three numbers"):
        CardDeclaration(version="one")
    with pytest.raises(RecipeError, match="published: expected a day such as 2026-01-31"):
        CardDeclaration(published="31 January")
