import sys

from haybale.cli.first_run import say_if_kernels_compile


def test_it_speaks_until_a_kernel_is_compiled(tmp_path, monkeypatch, capsys):
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    for room in ("quality", "pipeline", "tokenization"):
        (tmp_path / room / "__pycache__").mkdir(parents=True)
    say_if_kernels_compile(tmp_path)
    assert "compiles kernels" in capsys.readouterr().err
    (tmp_path / "quality/__pycache__/words.split-10.py311.nbi").touch()
    say_if_kernels_compile(tmp_path)
    assert capsys.readouterr().err == ""


def test_it_says_nothing_of_a_cache_elsewhere(tmp_path, monkeypatch, capsys):
    (tmp_path / "quality").mkdir()
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(tmp_path))
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    say_if_kernels_compile(tmp_path)
    assert capsys.readouterr().err == ""


def test_it_says_nothing_to_a_file(tmp_path, monkeypatch, capsys):
    (tmp_path / "quality").mkdir()
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: False)
    say_if_kernels_compile(tmp_path)
    assert capsys.readouterr().err == ""
