from haybale.loaders.remote.fetch_queue import MAX_REQUEST_BYTES, FetchQueue

MB = 1 << 20


def queue(ahead_bytes: int = 100 * MB, flight_bytes: int = 100 * MB) -> FetchQueue:
    """Rows of 1 MB, ten in a shard."""
    return FetchQueue(lambda row: MB, lambda row: row // 10, ahead_bytes, flight_bytes)


def test_what_is_waited_for_goes_before_what_is_expected() -> None:
    rows = queue()
    rows.expect([5, 7])
    rows.want([9, 3])
    assert [rows.next_request(0.0) for _ in range(5)] == [[9], [3], [5], [7], []]


def test_a_new_expectation_replaces_the_old() -> None:
    rows = queue()
    rows.expect([5, 7])
    rows.expect([8])
    assert [rows.next_request(0.0) for _ in range(2)] == [[8], []]


def test_nothing_is_asked_for_twice() -> None:
    rows = queue()
    rows.expect([5])
    assert rows.next_request(0.0) == [5]
    rows.want([5])
    rows.expect([5])
    assert rows.next_request(0.0) == []
    rows.arrived(5, waited_for=False)
    rows.expect([5])
    assert rows.next_request(0.0) == []  # it is there, ahead of its use


def test_no_more_is_fetched_ahead_than_there_is_room_for() -> None:
    rows = queue(ahead_bytes=2 * MB)
    rows.expect([1, 3, 5])
    assert [rows.next_request(0.0) for _ in range(3)] == [[1], [3], []]
    rows.arrived(1, waited_for=False)
    rows.arrived(3, waited_for=False)
    assert rows.next_request(0.0) == []
    rows.held([1])
    assert rows.next_request(0.0) == [5]


def test_no_more_is_asked_for_at_a_time_than_memory_allows() -> None:
    rows = queue(flight_bytes=2 * MB)
    rows.want([1, 3, 5])
    assert [rows.next_request(0.0) for _ in range(3)] == [[1], [3], []]
    rows.failed(1)
    assert rows.next_request(0.0) == [5]


def test_little_is_fetched_ahead_until_something_arrives() -> None:
    rows = queue()
    rows.expect(range(0, 100, 2))
    begun = [rows.next_request(0.0) for _ in range(5)]
    assert begun == [[0], [2], [4], [6], []]
    rows.arrived(0, waited_for=False)
    assert [rows.next_request(0.0) for _ in range(3)] == [[8], [10], []]


def test_on_a_fast_link_neighbours_of_a_shard_are_one_request() -> None:
    rows = queue()
    for _ in range(3):
        rows.took(0.05)  # 2, 4, 8 MB
    rows.expect([7, 8, 9, 10, 11, *range(20, 30)])
    assert rows.next_request(0.0) == [7, 8, 9]  # 10 begins another shard
    rows.arrived(7, waited_for=False)
    assert rows.next_request(0.0) == [10, 11]  # 12 is not expected
    for row in (8, 9, 10):
        rows.arrived(row, waited_for=False)
    assert rows.next_request(0.0) == list(range(20, 20 + MAX_REQUEST_BYTES // MB))
    for _ in range(9):
        rows.took(2.0)
    rows.want([50, 51])
    assert rows.next_request(0.0) == [50]  # a slow link: what is waited for comes first


def test_what_another_process_brings_is_looked_at_again_later() -> None:
    rows = queue()
    rows.want([4, 6])
    assert rows.next_request(0.0) == [4]
    rows.busy(4, now=0.0, waited_for=True)
    assert rows.next_request(0.01) == [6]
    assert rows.next_request(0.01) == []
    assert rows.wait_seconds(0.01) == 0.01  # it is due at 0.02
    assert rows.next_request(0.02) == [4]
    assert rows.wait_seconds(0.02) is None
