import io

import pytest

from haybale.cli import token_progress as shown


def test_plain_lines_come_now_and_then(capsys, monkeypatch):
    seconds = iter([100.0, 105.0, 120.0])  # begun; 5 s later; 20 s later
    monkeypatch.setattr(shown, "monotonic", lambda: next(seconds))
    with shown.token_progress("exporting", 4000) as progress:
        progress(500)
        progress(500)
    # 1,000 of 4,000 in 20 s: 60 s for the rest.
    assert capsys.readouterr().err == ("exporting: 1,000 of 4,000 tokens, 20 s, about 60 s left\n")


def test_what_an_earlier_life_did_makes_nothing_seem_fast(capsys, monkeypatch):
    seconds = iter([100.0, 120.0])  # begun; 20 s later
    monkeypatch.setattr(shown, "monotonic", lambda: next(seconds))
    with shown.token_progress("ablation", 10_000) as progress:
        progress(6000, earlier=True)
        progress(1000)
    # 1,000 of the 4,000 that were left in 20 s: 60 s for the rest.
    assert capsys.readouterr().err == ("ablation: 1,000 of 4,000 tokens, 20 s, about 60 s left\n")


class Terminal(io.StringIO):
    def isatty(self):
        return True


@pytest.mark.parametrize("num_tokens", [0, 4000])
def test_a_terminal_has_a_bar(monkeypatch, num_tokens):
    terminal = Terminal()
    monkeypatch.setattr(shown.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with shown.token_progress("exporting", num_tokens) as progress:
        progress(num_tokens)
    assert f"{num_tokens:,} of {num_tokens:,} tokens" in terminal.getvalue()


def test_a_bar_is_of_what_was_left(monkeypatch):
    terminal = Terminal()
    monkeypatch.setattr(shown.sys, "stderr", terminal)
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setenv("COLUMNS", "120")
    with shown.token_progress("ablation", 10_000) as progress:
        progress(6000, earlier=True)
        progress(4000)
    assert "4,000 of 4,000 tokens" in terminal.getvalue()
