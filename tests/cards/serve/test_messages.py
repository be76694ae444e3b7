import pytest

from haybale.cards.serve.messages import Request, parse_target


def test_a_target_is_a_path_and_the_first_value_of_each_name():
    assert parse_target("/facts?q=a+b&q=c&how=exact#x") == Request(
        "/facts", {"q": "a b", "how": "exact"}
    )


def test_a_path_is_decoded_once():
    assert parse_target("/document/%2e%2e%252f").path == "/document/..%2f"


@pytest.mark.parametrize("target", ["http://[", "/?" + "a=1&" * 100])
def test_what_is_no_target_is_none(target):
    assert parse_target(target) is None
