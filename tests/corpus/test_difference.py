from hypothesis import given
from hypothesis import strategies as st

from haybale.corpus.difference import difference, marked

WORDS = st.lists(st.sampled_from(["hay", "straw", "corn", "\u00e9t\u00e9"]), max_size=30)


@given(WORDS, WORDS)
def test_the_pieces_of_a_difference_are_both_texts(left, right):
    pieces = difference("\n".join(left), "  ".join(right))
    assert " ".join(piece.left for piece in pieces if piece.left).split() == left
    assert " ".join(piece.right for piece in pieces if piece.right).split() == right
    assert all(piece.left == piece.right for piece in pieces if piece.same)


def test_what_differs_is_marked_and_long_sameness_left_out():
    left = "a very long beginning of hay and then an end"
    right = "a very long\nbeginning  of straw and then an end"
    assert marked(difference(left, right), 6) == "...ing of [-hay-] {+straw+} and th..."
    assert marked(difference(left, left), 6) == "..."
    assert marked(difference("hay corn", "hay"), 6) == "hay [-corn-]"
    assert marked(difference("hay", "hay corn"), 6) == "hay {+corn+}"
