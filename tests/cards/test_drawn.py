import json

import pytest

from haybale.cards.drawn import read_drawn
from haybale.corpus.errors import RecipeError


def test_a_report_gives_tokens_of_every_subset(tmp_path):
    path = tmp_path / "drawn.json"
    path.write_text(json.dumps({"web": 7}))
    assert read_drawn(path, ["web", "books"]) == {"books": 0, "web": 7}


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "found no JSON"),
        ("[1]", "found list"),
        ('{"web": 1.5}', "found 1.5 for web"),
        ('{"web": -1}', "found -1 for web"),
        ('{"web": true}', "found True for web"),
        ('{"wbe": 1}', "no subset 'wbe', only books, web"),
    ],
)
def test_what_is_no_report_of_this_corpus_is_refused_in_one_line(tmp_path, text, said):
    path = tmp_path / "drawn.json"
    path.write_text(text)
    with pytest.raises(RecipeError, match=said) as caught:
        read_drawn(path, ["web", "books"])
    assert "\n" not in str(caught.value)


def test_a_report_that_is_not_there_is_named(tmp_path):
    with pytest.raises(RecipeError, match=r"drawn\.json: cannot be read"):
        read_drawn(tmp_path / "drawn.json", ["web"])
