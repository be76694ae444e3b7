import numpy as np

from haybale.pipeline.kept.earlier_names import names_of


def test_ids_of_a_corpus_never_share_a_name_and_two_corpora_do_not_agree():
    rng = np.random.default_rng(0)
    ids = rng.integers(0, 3, (1000, 2), np.uint64)
    distinct = np.unique(ids, axis=0)
    names = names_of("a", ids)
    assert len(np.unique(names, axis=0)) == len(distinct) == 9
    assert (names_of("a", distinct) != names_of("b", distinct)).all()


def test_names_stay_what_they_are():
    """They are on disk: a later corpus compares them with those of an earlier one."""
    names = names_of("0123456789abcdef0123456789abcdef", np.array([[1, 2]], np.uint64))
    assert names.tolist() == [[16216212572352257182, 11419424001244098266]]


def test_of_nobody():
    assert names_of("a", np.empty((0, 2), np.uint64)).shape == (0, 2)
