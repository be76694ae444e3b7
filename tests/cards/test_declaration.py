import pytest

from haybale.cards.declaration import CardDeclaration, read_declaration
from haybale.corpus.errors import RecipeError


def test_a_card_toml_has_the_keys_of_the_recipes_card(tmp_path):
    path = tmp_path / "card.toml"
    path.write_text('title = "Hay"\nlicense = "cc-by-4.0"\nsamples = "none"\nversion = "1.0.2"\n')
    assert read_declaration(path) == CardDeclaration(
        title="Hay", license="cc-by-4.0", samples="none", version="1.0.2"
    )


def test_an_empty_one_answers_nothing(tmp_path):
    path = tmp_path / "card.toml"
    path.write_text("")
    assert read_declaration(path) == CardDeclaration()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b'license = "my own"', "license"),
        (b'titel = "Hay"', "unknown key 'titel'; did you mean 'title'?"),
        (b"title = 3", "card.toml.title: expected a string, found 3"),
        (b'samples = "all"', "expected one of 'none', 'page', 'everywhere'"),
        (b'version = "1.0"', "expected three numbers such as 1.0.0"),
        (b'published = "2026-02-30"', "expected a day such as 2026-01-31"),
        (b'published = "2026-1-3"', "expected a day such as 2026-01-31"),
        (b"price_per_core_hour = nan", "expected a number of at least 0, found nan"),
        (b"grams_co2_per_core_hour = inf", "expected a number of at least 0, found inf"),
        (b'[card]\ntitle = "Hay"', "delete the line [card]"),
        (b"training_tokens = 0", "expected at least 1"),
        (b"price_per_core_hour = -1.0", "expected a number of at least 0"),
        (b"title = ", "expected TOML"),
        (b"\xff", "expected TOML"),
    ],
)
def test_what_a_card_cannot_have_is_one_line_with_the_files_name(tmp_path, content, message):
    path = tmp_path / "card.toml"
    path.write_bytes(content)
    with pytest.raises(RecipeError) as raised:
        read_declaration(path)
    assert str(raised.value).startswith(str(path))
    assert message in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("what", ["absent", "folder"])
def test_what_cannot_be_read_says_why(tmp_path, what):
    (tmp_path / "folder").mkdir()
    with pytest.raises(RecipeError, match=f"{what}: cannot be read"):
        read_declaration(tmp_path / what)


def test_gaps_are_counted_and_settings_are_none():
    open_ = CardDeclaration(motivation="To learn.").unanswered()
    assert "motivation" not in open_
    assert "license" in open_
    assert not {"samples", "training_tokens", "currency"} & set(open_)


def test_a_byte_order_mark_is_no_key(tmp_path):
    path = tmp_path / "card.toml"
    path.write_bytes(b'\xef\xbb\xbftitle = "Hay"')
    assert read_declaration(path).title == "Hay"
