import gzip
import struct

import numpy as np
import pytest

from haybale.corpus.digests import digest, document_ids
from haybale.corpus.errors import CorruptInputError, RecipeError
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.loaders import TokenDataset
from haybale.loaders.importing import (
    ImportSettings,
    MegatronFile,
    OlmoArray,
    find_files,
    import_corpus,
    token_file,
)
from haybale.loaders.importing.cut import cut_shards

SETTINGS = ImportSettings(vocabulary_size=32_000, eos_id=1)
UINT16 = np.dtype(np.uint16)


def read_back(folder):
    """Documents of a corpus by subset: ids in hex, and tokens."""
    import pyarrow as pa

    found = {}
    for record in read_manifest(Folder(folder)).files:
        if record.path.startswith("shards/train"):
            table = pa.ipc.open_file(Folder(folder).open(record.path)).read_all()
            rows = found.setdefault(record.path.split("/")[2], [])
            rows += zip(
                (doc_id.hex() for doc_id in table.column("doc_id").to_pylist()),
                table.column("tokens").to_pylist(),
                strict=True,
            )
    return found


def write_megatron(prefix, lengths, ids, bounds=None, code=8, dtype="<u2"):
    """As the format's definition says; every sequence is a document, if no bounds are given."""
    prefix.parent.mkdir(parents=True, exist_ok=True)
    ids = np.asarray(ids, dtype)
    prefix.with_suffix(".bin").write_bytes(ids.tobytes())
    pointers = np.cumsum([0, *lengths])[:-1] * ids.itemsize
    bounds = range(len(lengths) + 1) if bounds is None else bounds
    prefix.with_suffix(".idx").write_bytes(
        b"MMIDIDX\0\0"
        + struct.pack("<QBQQ", 1, code, len(lengths), len(bounds))
        + np.asarray(lengths, "<i4").tobytes()
        + np.asarray(pointers, "<i8").tobytes()
        + np.asarray(bounds, "<i8").tobytes()
    )
    return prefix.with_suffix(".idx")


def megatron(path):
    return MegatronFile(str(path), path.stem)


def olmo(path, dtype=UINT16):
    return OlmoArray(str(path), path.stem, dtype, SETTINGS.eos_id)


def write_olmo(path, ids, rows=None, dtype="<u2"):
    path.write_bytes(np.asarray(ids, dtype).tobytes())
    if rows is not None:
        path.with_suffix(".csv.gz").write_bytes(gzip.compress(rows.encode()))
    return path


def bring(tmp_path, file, settings=SETTINGS, **options):
    return import_corpus("peer", {"books": [file]}, settings, Folder(tmp_path / "out"), **options)


def test_a_megatron_document_may_be_of_several_sequences(tmp_path):
    # Sequences of 2, 1, 2 and 1 tokens; documents are sequences 0 to 2, and 3.
    path = write_megatron(tmp_path / "x", [2, 1, 2, 1], [5, 6, 7, 8, 1, 1], bounds=[0, 3, 4])
    manifest = bring(tmp_path, megatron(path))
    ids = [doc_id.hex() for doc_id in document_ids("books", "x", range(2)).to_pylist()]
    assert read_back(tmp_path / "out") == {"books": [(ids[0], [5, 6, 7, 8, 1]), (ids[1], [1])]}
    assert manifest.totals["train"]["books"]["tokens"] == 6


@pytest.mark.parametrize(
    ("code", "dtype"), [(1, "<u1"), (2, "<i1"), (3, "<i2"), (4, "<i4"), (5, "<i8"), (8, "<u2")]
)
def test_every_integer_type_of_megatron_is_read(tmp_path, code, dtype):
    path = write_megatron(tmp_path / "x", [3], [5, 100, 1], code=code, dtype=dtype)
    bring(tmp_path, megatron(path))
    assert read_back(tmp_path / "out")["books"][0][1] == [5, 100, 1]


def test_an_olmo_array_is_cut_at_every_eos(tmp_path, monkeypatch):
    monkeypatch.setattr("haybale.loaders.importing.olmo.BLOCK_TOKENS", 3)
    path = write_olmo(tmp_path / "x.npy", [5, 6, 7, 8, 1, 1, 9, 1])
    bring(tmp_path, olmo(path))
    found = [tokens for _, tokens in read_back(tmp_path / "out")["books"]]
    assert found == [[5, 6, 7, 8, 1], [1], [9, 1]]


def test_an_olmo_array_is_cut_where_its_boundaries_say(tmp_path, monkeypatch):
    monkeypatch.setattr("haybale.loaders.importing.olmo._GROUP", 2)
    rows = '0,4,a,"b, c.jsonl",1\r\n4,5,d,b,2\r\n5,8,e,b,3\r\n'
    path = write_olmo(tmp_path / "x.npy", [5, 1, 7, 1, 1, 8, 9, 1], rows)
    manifest = bring(tmp_path, olmo(path))
    found = [tokens for _, tokens in read_back(tmp_path / "out")["books"]]
    assert found == [[5, 1, 7, 1], [1], [8, 9, 1]]
    names = [record["name"] for record in manifest.lineage["inputs"]["books"]]
    assert names == ["x.npy", "x.csv.gz"]


def test_what_was_imported_verifies_streams_and_says_where_it_is_from(tmp_path):
    paths = [
        write_megatron(tmp_path / f"in/{name}", [3, 4], [5, 6, 1, 7, 8, 9, 1]) for name in "ba"
    ]
    found = find_files([str(tmp_path / "in")], ".idx", "books")["books"]
    assert [file.name for file in found] == ["a", "b"]
    settings = ImportSettings(vocabulary_size=32_000, eos_id=1, target_tokens=5, name="mine")
    files = [MegatronFile(file.path, file.name) for file in found]
    manifest = import_corpus(
        "megatron", {"books": files}, settings, Folder(tmp_path / "out"), b"model"
    )
    folder = Folder(tmp_path / "out")
    verified = verify_corpus(folder, full=True)
    assert verified.problems == ()
    assert (verified.documents, verified.tokens) == (4, 14)
    # Shards are closed at 5 tokens: with the documents of 3 and 4, twice.
    assert manifest.totals["train"]["books"] == {
        "documents": 4,
        "text_bytes": 0,
        "tokens": 14,
        "shards": 2,
    }
    assert read_manifest(folder).tokens.tokenizer == digest(b"model")
    assert folder.read("tokenizer/tokenizer.model") == b"model"
    dataset = TokenDataset(tmp_path / "out", sequence_length=7, shuffle=None)
    assert dataset[0]["input_ids"].tolist() == [5, 6, 1, 7, 8, 9, 1]
    inputs = manifest.lineage["inputs"]["books"]
    assert [one["name"] for one in inputs] == ["a.idx", "a.bin", "b.idx", "b.bin"]
    for one in inputs:
        data = (tmp_path / "in" / one["name"]).read_bytes()
        assert (one["bytes"], one["digest"]) == (len(data), digest(data))
    assert paths[0].exists()


def test_weights_are_shares_of_tokens(tmp_path):
    books = megatron(write_megatron(tmp_path / "x", [3], [5, 6, 1]))
    web = megatron(write_megatron(tmp_path / "y", [1], [1]))
    files = {"web": [web], "books": [books]}
    manifest = import_corpus("megatron", files, SETTINGS, Folder(tmp_path / "out"))
    assert manifest.weights == {"books": 0.75, "web": 0.25}  # 3 and 1 of 4 tokens
    assert verify_corpus(Folder(tmp_path / "out"), full=True).problems == ()


def test_the_same_files_give_the_same_bytes_however_they_are_read(tmp_path, monkeypatch):
    lengths = [3, 1, 20, 2, 5] * 8
    ids = np.arange(2, 2 + sum(lengths))
    ids[np.cumsum(lengths) - 1] = 1
    path = write_megatron(tmp_path / "x", lengths, ids)
    one = bring(tmp_path / "1", megatron(path))
    monkeypatch.setattr(token_file, "BLOCK_TOKENS", 6)
    monkeypatch.setattr("haybale.loaders.importing.megatron._GROUP", 3)
    two = bring(tmp_path / "2", megatron(path))
    assert one.digest == two.digest


def test_documents_without_eos_are_an_error_or_get_one(tmp_path):
    # The documents end with 6, with EOS, and not at all.
    path = write_megatron(tmp_path / "x", [2, 2, 0, 1], [5, 6, 7, 1, 8])
    with pytest.raises(
        CorruptInputError, match=r"x.idx: document 0 ends with 6, expected EOS 1; .*--append-eos"
    ):
        bring(tmp_path, megatron(path))
    settings = ImportSettings(vocabulary_size=32_000, eos_id=1, append_eos=True)
    bring(tmp_path / "with", megatron(path), settings)
    found = [tokens for _, tokens in read_back(tmp_path / "with/out")["books"]]
    assert found == [[5, 6, 1], [7, 1], [1], [8, 1]]
    path = write_megatron(tmp_path / "y", [2, 0], [5, 1])
    with pytest.raises(CorruptInputError, match="document 1 is empty, expected EOS 1"):
        bring(tmp_path / "empty", megatron(path))


def test_what_follows_the_last_eos_of_an_array_is_not_lost(tmp_path):
    path = write_olmo(tmp_path / "x.npy", [5, 1, 7])
    with pytest.raises(CorruptInputError, match="document 1 ends with 7, expected EOS 1"):
        bring(tmp_path, olmo(path))
    settings = ImportSettings(vocabulary_size=32_000, eos_id=1, append_eos=True)
    bring(tmp_path / "with", olmo(path), settings)
    found = [tokens for _, tokens in read_back(tmp_path / "with/out")["books"]]
    assert found == [[5, 1], [7, 1]]


@pytest.mark.parametrize(
    ("code", "dtype", "ids", "message"),
    [
        (8, "<u2", [4, 1, 500, 1], "document 1 has the id 500, .* vocabulary of 500"),
        (4, "<i4", [4, 1, -3, 1], "document 1 has the id -3"),
    ],
)
def test_an_id_outside_the_vocabulary_is_named(tmp_path, code, dtype, ids, message):
    path = write_megatron(tmp_path / "x", [2, 2], ids, code=code, dtype=dtype)
    with pytest.raises(CorruptInputError, match=message):
        bring(tmp_path, megatron(path), ImportSettings(vocabulary_size=500, eos_id=1))


def changed(path, at, data):
    raw = bytearray(path.read_bytes())
    raw[at : at + len(data)] = data
    path.write_bytes(raw)
    return path


# Of a header of 34 bytes, 2 lengths from 34, 2 pointers from 42 and 3 documents from 58 on.
@pytest.mark.parametrize(
    ("at", "data", "message"),
    [
        (0, b"MMIDIDY", "expected to begin with b'MMIDIDX"),
        (9, b"\x02", "expected version 1, found 2"),
        (17, b"\x07", "expected ids of an integer type, found dtype code 7"),
        (17, b"\x63", "expected ids of an integer type, found dtype code 99"),
        (18, b"\x03", "expected 94 bytes by the counts .*, found 82"),  # 12 bytes a sequence
        (26, b"\x00", "expected the number of documents and one, found 0"),
        (26, b"\x04", "expected 90 bytes by the counts .*, found 82"),
        (38, b"\x05", r"x.bin: expected 14 bytes by the counts .*x.idx, found 10"),
        (34, b"\x03", "sequence 1 has 3 tokens from byte 4 on; .* it begins at 6"),
        (42, b"\x02", "sequence 0 has 2 tokens from byte 2 on; .* it begins at 0"),
        (58, b"\x01", "documents from 0 on do not follow each other in 2 sequences"),
        (66, b"\x03", "documents from 1 on do not follow each other in 2 sequences"),
        (74, b"\x01", "the documents end at sequence 1 of 2"),
        (74, b"\x09", "the documents end at sequence 9 of 2"),
    ],
)
def test_a_damaged_megatron_index_is_one_clear_line(tmp_path, at, data, message):
    path = write_megatron(tmp_path / "x", [2, 3], [5, 1, 6, 7, 1])
    assert path.stat().st_size == 82
    with pytest.raises(CorruptInputError, match=message) as raised:
        bring(tmp_path, megatron(changed(path, at, data)))
    assert "\n" not in str(raised.value)


def test_cut_megatron_files_are_one_clear_line(tmp_path):
    path = write_megatron(tmp_path / "x", [2, 3], [5, 1, 6, 7, 1])
    tokens = path.with_suffix(".bin")
    tokens.write_bytes(tokens.read_bytes()[:-1])
    with pytest.raises(CorruptInputError, match=r"x.bin: expected 10 bytes .*, found 9"):
        megatron(path)
    tokens.unlink()
    with pytest.raises(CorruptInputError, match=r"x.idx: expected a .bin beside it"):
        megatron(path)
    path.write_bytes(path.read_bytes()[:20])
    with pytest.raises(CorruptInputError, match=r"expected to begin with b'MMIDIDX"):
        megatron(path)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("0,2,a,b,1\n3,5,a,b,2\n", "row 2 says tokens 3 to 5; the row before it ends at 2"),
        ("0,2,a,b,1\n2,9,a,b,2\n", "row 2 says tokens 2 to 9; .* the array at 5"),
        ("0,2,a,b,1\n2,1,a,b,2\n", "row 2 says tokens 2 to 1"),
        ("0,2,a,b,1\n", "its rows end at token 2 of 5"),
        ("start,end\n", "expected gzipped rows start,end"),
        ("0\n", "expected gzipped rows start,end"),
    ],
)
def test_boundaries_that_do_not_add_up_are_one_clear_line(tmp_path, rows, message):
    path = write_olmo(tmp_path / "x.npy", [5, 1, 6, 7, 1], rows)
    with pytest.raises(CorruptInputError, match=message) as raised:
        bring(tmp_path, olmo(path))
    assert "\n" not in str(raised.value)


def test_a_damaged_table_of_boundaries_is_one_clear_line(tmp_path):
    path = write_olmo(tmp_path / "x.npy", [5, 1], "0,2,a,b,1\n")
    table = path.with_suffix(".csv.gz")
    whole = table.read_bytes()
    for data in (b"0,2", whole[:12], whole[:-4], changed(table, 12, b"\xff\xff").read_bytes()):
        table.write_bytes(data)
        with pytest.raises(CorruptInputError, match=r"x.csv.gz: expected gzipped rows"):
            bring(tmp_path, olmo(path))


def test_an_array_that_cannot_be_of_the_type_is_refused(tmp_path):
    path = write_olmo(tmp_path / "x.npy", [5, 6, 1])
    with pytest.raises(CorruptInputError, match="whole ids of 4 bytes, found 6 bytes"):
        olmo(path, np.dtype(np.uint32))
    np.save(path, np.array([5, 1], np.uint16))
    with pytest.raises(CorruptInputError, match=r"found a header of numpy.save"):
        olmo(path)


def test_files_without_a_document_are_refused(tmp_path):
    path = write_megatron(tmp_path / "x", [], [])
    with pytest.raises(RecipeError, match="no document in any of the files"):
        bring(tmp_path, megatron(path))
    with pytest.raises(RecipeError, match="no document in any of the files"):
        bring(tmp_path, olmo(write_olmo(tmp_path / "x.npy", [])))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"vocabulary_size": 0}, "--vocabulary-size: expected 1 to"),
        ({"eos_id": 500}, "--eos-id: expected 0 to 499, found 500"),
        ({"eos_id": -1}, "--eos-id: expected 0 to 499, found -1"),
        ({"bos_id": -2}, "--bos-id: expected -1 to 499, found -2"),
        ({"target_tokens": 0}, "--target-tokens: expected at least 1, found 0"),
    ],
)
def test_settings_that_cannot_be_right_are_refused(settings, message):
    with pytest.raises(RecipeError, match=message):
        ImportSettings(**{"vocabulary_size": 500, "eos_id": 1, **settings})


def test_paths_name_files_globs_and_folders_and_their_subsets(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for name in ("in/b/x", "in/a", "other"):
        write_megatron(tmp_path / name, [1], [1])

    def names(*paths, suffix=".idx", **options):
        return {
            subset: [file.name for file in files]
            for subset, files in find_files(paths, suffix, **options).items()
        }

    assert names("in") == {"imported": ["a", "b/x"]}
    assert names("books=in/b", "web=other", "web=in/a.bin") == {
        "books": ["x"],
        "web": ["other", "a"],
    }
    assert names("in/*", "other.idx", subset="all") == {"all": ["a", "other"]}
    for path, message in (
        ("in", "found no .npy"),
        ("bo oks=in", "a subset's name"),
        ("gs://x/y", "expected a local file"),
    ):
        with pytest.raises(RecipeError, match=message):
            names(path, suffix=".npy")
    write_megatron(tmp_path / "twin/a", [1], [1])
    with pytest.raises(RecipeError, match="two files are called 'a'"):
        names("in/a", "twin/a")
    assert names("p=in/a", "q=twin/a") == {"p": ["a"], "q": ["a"]}


def test_shards_are_closed_with_the_document_that_reaches_the_target(tmp_path):
    import pyarrow as pa

    lengths = [3, 3, 2, 7, 1, 1, 1]
    documents = pa.record_batch({"tokens": pa.array([[5] * length for length in lengths])})
    for size in (1, 2, 7):
        pieces = (documents.slice(at, size) for at in range(0, 7, size))
        shards = [
            [len(tokens) for piece in shard for tokens in piece.column("tokens").to_pylist()]
            for shard in cut_shards(pieces, 6)
        ]
        assert shards == [[3, 3], [2, 7], [1, 1, 1]]
