import random

import numpy as np
import pytest
from numba import njit

from haybale.tokenization.packing.rooms import add_room, no_rooms, remove_room, smallest_room

ADD, TAKE = 0, 1


@njit
def _replay(largest, actions, answers):
    words, summary = no_rooms(largest)
    for at in range(len(actions)):
        kind, room, asked = actions[at]
        if kind == 0:
            add_room(words, summary, room)
        else:
            remove_room(words, summary, room)
        answers[at] = smallest_room(words, summary, asked)


# 63 and 64 end a word, 4,095 and 4,096 a word of the second level; 20,000 needs five of these.
@pytest.mark.parametrize("largest", [1, 63, 64, 127, 4095, 4096, 20_000])
def test_the_smallest_room_is_that_of_a_sorted_set(largest):
    rng = random.Random(largest)
    rooms: set[int] = set()
    actions, expected = [], []
    for _ in range(2000):
        room = rng.randint(0, largest)
        # Few rooms at a time, so that words and blocks of words run empty.
        if len(rooms) > 3 or room in rooms:
            room = rng.choice(sorted(rooms))
            rooms.discard(room)
            kind = TAKE
        else:
            rooms.add(room)
            kind = ADD
        asked = rng.choice((rng.randint(0, largest), room))
        actions.append((kind, room, asked))
        expected.append(min((one for one in rooms if one >= asked), default=-1))
    answers = np.empty(len(actions), np.int64)
    _replay(largest, np.array(actions), answers)
    assert answers.tolist() == expected
