import pytest

from haybale.corpus.errors import RecipeError
from haybale.pipeline.estimate.prices import read_prices


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('currency = "EUR"\nvcpu_hours = 1', "unknown key 'vcpu_hours'; did you mean 'vcpu_hour'"),
        ('currency = "EUR"\nvcpu_hour = -1', "vcpu_hour: expected a price of at least 0"),
        ('currency = "EUR"\nvcpu_hour = nan', "vcpu_hour: expected a price of at least 0"),
        ('currency = "EUR"', "expected at least one price"),
        ("vcpu_hour = 1", "currency"),
        ("vcpu_hour =", "expected a TOML file"),
    ],
)
def test_wrong_prices_are_named_with_their_file(text, said, tmp_path):
    path = tmp_path / "prices.toml"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said) as error:
        read_prices(path)
    assert "prices.toml" in str(error.value)


def test_missing_prices_are_said_to_be_missing(tmp_path):
    with pytest.raises(RecipeError, match="does not exist"):
        read_prices(tmp_path / "none.toml")
