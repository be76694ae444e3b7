"""Windows of ids decoded by a byte-level decoder made here: id n is byte n, 256 gives nothing."""

from haybale.corpus.token_window import divide_text

END = 256


def decode(ids):
    return bytes(number for number in ids if number != END).decode(errors="replace")


def test_a_window_is_divided_at_the_token():
    assert divide_text(decode, b"the ", ord("h"), b"ay") == ("the ", "h", "ay")
    assert divide_text(decode, [], ord("h"), []) == ("", "h", "")


def test_a_control_id_has_no_text_of_its_own():
    assert divide_text(decode, b"hay", END, b"") == ("hay", "", "")


def test_a_character_counts_to_the_last_of_its_bytes():
    first, second = "é".encode()
    assert divide_text(decode, b"caf", first, bytes([second]) + b"!") == ("caf", "", "é!")
    assert divide_text(decode, b"caf" + bytes([first]), second, b"!") == ("caf", "é", "!")
