import json
import subprocess
import sys

import numpy as np
import pyarrow as pa
import pytest

from haybale.cli import main
from haybale.corpus.digests import document_ids
from haybale.corpus.manifest import Manifest, read_manifest, write_manifest
from haybale.corpus.shards import (
    TokenFormat,
    token_batch,
    tokens_schema,
    write_index,
    write_shard,
)
from haybale.corpus.storage import Folder

EOS = 2


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    """Two subsets of 40 documents of 5 tokens each, and a file that stands for a tokenizer."""
    folder = Folder(tmp_path_factory.mktemp("corpus"))
    token_format = TokenFormat("ab" * 16, 500, -1, EOS, 0)
    files, tables = [folder.commit_bytes("tokenizer/tokenizer.model", b"model")], []
    counts = {"documents": 40, "text_bytes": 800, "tokens": 200, "shards": 1}
    for subset in ("books", "web"):
        schema = tokens_schema(token_format, subset, "train")
        ids = np.arange(200).astype(np.uint16) + 3
        ids[4::5] = EOS
        doc_ids = document_ids(subset, "made", range(40))
        piece = token_batch(schema, doc_ids, np.arange(0, 201, 5), ids)
        record, rows = write_shard(folder, f"shards/train/{subset}/00000.arrow", schema, [piece])
        files.append(record)
        tables.append(rows)
    files.append(write_index(folder, tables))
    totals = {"train": {"books": counts, "web": counts}, "validation": {}}
    weights = {"books": 0.5, "web": 0.5}
    write_manifest(folder, Manifest("made", {}, {}, totals, weights, token_format, tuple(files)))
    return folder.uri


def run(capsys, *arguments):
    """Exit status, output and error output of a command."""
    status = main(list(map(str, arguments)))
    captured = capsys.readouterr()
    return status, captured.out, captured.err


def values(folder, subset):
    table = pa.ipc.open_file(Folder(folder).open(f"shards/train/{subset}/00000.arrow")).read_all()
    return table.column("tokens").combine_chunks().flatten().to_pylist()


def test_help_of_both_ends_with_examples(capsys):
    for verb in ("export", "import"):
        with pytest.raises(SystemExit) as ended:
            main([verb, "--help"])
        assert ended.value.code == 0
        assert f"haybale {verb} megatron" in capsys.readouterr().out.partition("example")[2]


@pytest.mark.parametrize(
    ("peer", "shown", "num_bytes"),
    [
        # 200 ids of 2 bytes; 34 + 40 x 4 + 40 x 8 + 41 x 8 = 842 bytes of index; twice.
        ("megatron", "2 files, train/books.bin first", 2 * (400 + 842)),
        # 40 ends of 8 bytes; "xxh3-128:", 32 digits, "|2", "200" and "200 T" on lines: 43 + 3 + 5
        # characters and two ends of lines; twice.
        ("datatrove", "3 files, train/books/00000.ds first", 2 * (400 + 320 + 53)),
        ("olmo", "2 files, train/books/00000.npy first", None),
    ],
)
def test_export_says_what_it_wrote_and_where(corpus, capsys, tmp_path, peer, shown, num_bytes):
    status, out, err = run(capsys, "export", peer, corpus, tmp_path / "out")
    assert (status, err) == (0, "")
    lines = out.splitlines()
    assert lines[0] == f"train/books: 40 documents, 200 tokens: {shown}"
    assert lines[-1].startswith(f"{tmp_path / 'out'}: 80 documents, 400 tokens, ")
    if num_bytes:
        assert lines[-1].endswith(f", {num_bytes:,} bytes")
    assert (tmp_path / "out/tokenizer/tokenizer.model").read_bytes() == b"model"


@pytest.mark.parametrize("peer", ["megatron", "olmo"])
def test_there_and_back_through_the_command_line(corpus, capsys, tmp_path, peer):
    arguments = ("export", peer, corpus, tmp_path / "peer", "--split", "train", "--json")
    status, out, _ = run(capsys, *arguments)
    assert status == 0
    assert [row["subset"] for row in json.loads(out)] == ["books", "web"]
    suffix = {"megatron": ".idx", "olmo": "/00000.npy"}[peer]
    paths = [f"{name}={tmp_path}/peer/train/{name}{suffix}" for name in ("books", "web")]
    asked = ("--eos-id", EOS, "--vocabulary-size", 500)
    tokenizer = tmp_path / "peer/tokenizer/tokenizer.model"
    status, out, err = run(
        capsys, "import", peer, *paths, tmp_path / "back", *asked, "--tokenizer", tokenizer
    )
    assert (status, err) == (0, "")
    assert out.splitlines()[0] == "train/books: 40 documents, 200 tokens"
    assert out.splitlines()[-1].startswith(f"{tmp_path / 'back'}: 80 documents, 400 tokens, ")
    assert values(tmp_path / "back", "web") == values(corpus, "web")
    assert read_manifest(Folder(tmp_path / "back")).weights == {"books": 0.5, "web": 0.5}
    status, out, _ = run(capsys, "verify", tmp_path / "back", "--full")
    assert (status, "sound" in out) == (0, True)
    status, out, _ = run(capsys, "inspect", tmp_path / "back", "--json")
    assert json.loads(out)["name"] == "imported"


def test_import_prints_its_totals_as_json(corpus, capsys, tmp_path):
    run(capsys, "export", "megatron", corpus, tmp_path / "peer")
    _, out, _ = run(
        capsys,
        "import",
        "megatron",
        tmp_path / "peer/train",
        tmp_path / "back",
        "--json",
        "--eos-id",
        EOS,
        "--vocabulary-size",
        500,
        "--subset",
        "all",
        "--name",
        "mine",
    )
    said = json.loads(out)
    assert said["totals"]["train"] == {
        "all": {"documents": 80, "text_bytes": 0, "tokens": 400, "shards": 1}
    }
    assert said["digest"] == read_manifest(Folder(tmp_path / "back")).digest


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (("export", "olmo", "{corpus}", "{corpus}"), 2, "expected a folder that is empty"),
        (("export", "olmo", "absent", "out"), 1, "found no corpus.json"),
        (("export", "olmo", "{corpus}", "out", "--subset", "book"), 2, "did you mean 'books'"),
        (("import", "olmo", "absent", "out"), 2, "absent: found no .npy there"),
        (("import", "olmo", "x.npy", "{corpus}"), 2, "expected a folder that is empty"),
        (("import", "olmo", "x.npy", "out", "--dtype", "uint32"), 1, "was cut, or is of another"),
        (("import", "megatron", "x", "out"), 1, "x.idx: expected to begin with"),
        (("import", "megatron", "x", "out", "--dtype", "uint16"), 2, "--dtype: Megatron's files"),
        (("import", "olmo", "x.npy", "out", "--tokenizer", "no"), 2, "--tokenizer no: No such"),
        (("import", "olmo", "y.npy", "out"), 1, "document 0 ends with 7, expected EOS 2"),
        (("import", "olmo", "y.npy", "out", "--eos-id", "600"), 2, "--eos-id: expected 0 to 499"),
    ],
)
def test_a_mistake_is_one_line_and_leaves_nothing(
    corpus, capsys, tmp_path, monkeypatch, arguments, status, message
):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "x.npy").write_bytes(b"\x05\x00\x02\x00\x07\x00")
    (tmp_path / "y.npy").write_bytes(b"\x05\x00\x07\x00")
    (tmp_path / "x.idx").write_bytes(b"nothing")
    arguments = [argument.replace("{corpus}", corpus) for argument in arguments]
    if arguments[0] == "import":
        arguments[4:4] = ["--eos-id", str(EOS), "--vocabulary-size", "500"]
    found, _, err = run(capsys, *arguments)
    assert found == status
    assert message in err
    assert err.count("\n") == 1
    assert Folder(tmp_path / "out").list() == []


def test_neither_needs_torch_or_beam(corpus, tmp_path):
    code = (
        "import sys, haybale.cli\n"
        f"haybale.cli.main(['export', 'megatron', {corpus!r}, {str(tmp_path / 'peer')!r}])\n"
        f"haybale.cli.main(['import', 'megatron', {str(tmp_path / 'peer')!r},\n"
        f"    {str(tmp_path / 'back')!r}, '--eos-id', '2', '--vocabulary-size', '500'])\n"
        "heavy = ('torch', 'apache_beam', 'numba', 'sentencepiece')\n"
        "print([name for name in heavy if name in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip().endswith("[]")
