import numpy as np

from haybale.pipeline.jobs.inherited import renamed


def words(*numbers):
    return np.array([[0, number] for number in numbers], np.uint64).reshape(-1, 2)


def test_a_cluster_takes_the_smallest_of_its_new_names_and_others_keep_theirs():
    clusters = renamed(words(5, 6, 5, 7), words(5, 7, 5), words(9, 8, 3))
    assert clusters.tolist() == words(3, 6, 3, 8).tolist()


def test_names_are_compared_by_all_their_bits():
    old, new = np.array([[1, 5], [2, 5]], np.uint64), words(3, 4)
    assert renamed(old, old, new).tolist() == new.tolist()
