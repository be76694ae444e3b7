"""docs/reference/formats.md against a corpus: its tables, and a reader that knows nothing else."""

import array
import json
import re
import sys

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xxhash
from format_page import PAGE, read_page
from golden_corpora import INPUT, WHOLE, surviving_texts, unpack

from haybale.corpus.takedowns import TAKEN, TAKEN_PATH, TAKEN_ROWS, taken_rows_path
from haybale.pipeline.isolation.crashes import CRASHES
from haybale.pipeline.kept.selected import SELECTED_OUT


@pytest.fixture(scope="module")
def corpus(tmp_path_factory):
    return unpack(WHOLE, tmp_path_factory.mktemp("golden"))


@pytest.fixture(scope="module")
def manifest(corpus):
    return json.loads((corpus / "corpus.json").read_bytes())


def arrow(path):
    """An Arrow file's rows."""
    return pa.ipc.open_file(path).read_all().to_pylist()


def test_every_file_of_a_corpus_is_on_the_page_once_with_its_schema(corpus, manifest):
    sections, text = read_page(), PAGE.read_text(encoding="utf-8")
    found = set()
    for path in (file["path"] for file in manifest["files"]):
        if not path.endswith((".arrow", ".parquet")):
            assert f"`{path}`" in text, path
            continue
        (section,) = [one for one in sections if one.matches(path)]
        read = (
            pq.read_schema if path.endswith(".parquet") else (lambda p: pa.ipc.open_file(p).schema)
        )
        assert section.difference(read(corpus / path)) is None, path
        found |= set(section.patterns)
    everything = {pattern for section in sections for pattern in section.patterns}
    # The golden corpus keeps no best fraction, nothing crashed, and nothing was taken down.
    assert everything - found == {
        "selection/<part>.arrow",
        "dropped/crashed/<part>.arrow",
        "takedown/documents.arrow",
        "takedown/rows/<part>.arrow",
    }


@pytest.mark.parametrize(
    ("path", "schema"),
    [
        ("selection/web/00000.arrow", SELECTED_OUT),
        ("dropped/crashed/web/00000.arrow", CRASHES),
        (TAKEN_PATH, TAKEN),
        (taken_rows_path("web/00000"), TAKEN_ROWS),
    ],
)
def test_files_that_few_corpora_have_are_as_the_page_says(path, schema):
    (section,) = [one for one in read_page() if one.matches(path)]
    assert section.difference(schema) is None


def test_only_files_to_be_mapped_are_uncompressed(corpus, manifest):
    for path in (file["path"] for file in manifest["files"] if file["path"].endswith(".arrow")):
        data = (corpus / path).read_bytes()
        assert data.startswith(b"ARROW1"), path
        # zstd frames begin so (RFC 8878, section 3.1.1).
        if path.startswith(("shards/", "packing/", "chunks/", "lookup/")):
            assert b"\x28\xb5\x2f\xfd" not in data, path


def test_the_manifests_digest_is_that_of_its_other_lines(corpus, manifest):
    data = (corpus / "corpus.json").read_bytes()
    line = f'  "digest": "{manifest["digest"]}",\n'.encode()
    assert data.count(line) == 1
    assert xxhash.xxh3_128_hexdigest(data.replace(line, b"")) == manifest["digest"]
    for file in manifest["files"]:
        content = (corpus / file["path"]).read_bytes()
        assert (len(content), xxhash.xxh3_128_hexdigest(content)) == (file["bytes"], file["digest"])


def test_tokens_are_read_without_an_arrow_library_from_the_index(corpus, manifest):
    wide = manifest["tokens"]["vocabulary_size"] > 65536
    assert not wide
    read, digests = {}, {}
    for row in arrow(corpus / "shards" / "index.arrow"):
        data = (corpus / row["shard"]).read_bytes()
        assert len(data) == row["shard_bytes"]
        ids = piece(data, row["doc_ids_position"], 16 * row["rows"])
        offsets = piece(data, row["offsets_position"], 4 * (row["rows"] + 1))
        values = piece(data, row["values_position"], 2 * row["tokens"])
        assert xxhash.xxh3_128_hexdigest(ids + offsets + values) == row["digest"]
        digests[row["shard"]] = digests.get(row["shard"], "") + row["digest"]
        starts, tokens = numbers("i", offsets), numbers("H", values)
        for at in range(row["rows"]):
            read[ids[16 * at : 16 * at + 16]] = tokens[starts[at] : starts[at + 1]]
    expected = {
        row["doc_id"]: row["tokens"]
        for path in corpus.glob("shards/*/*/*.arrow")
        for row in arrow(path)
    }
    assert read == expected
    assert all(
        tokens.index(manifest["tokens"]["eos_id"]) == len(tokens) - 1 for tokens in read.values()
    )
    for shard, text in digests.items():
        packing = corpus / shard.replace("shards/", "packing/best_fit-64/")
        bound = pa.ipc.open_file(packing).schema.metadata[b"shard_digest"].decode()
        assert bound == xxhash.xxh3_128_hexdigest(text.encode())


def piece(data, position, length):
    """Bytes of a shard."""
    assert position + length <= len(data)
    return data[position : position + length]


def numbers(code, data):
    """Little-endian numbers."""
    found = array.array(code, data)
    if sys.byteorder == "big":
        found.byteswap()
    return found.tolist()


def test_an_id_is_the_digest_of_where_the_record_stands(corpus):
    position, expected = 0, []
    for line in (INPUT / "books.jsonl").read_bytes().splitlines(keepends=True):
        place = b"books\0books.jsonl\0" + position.to_bytes(8, "little")
        expected.append(xxhash.xxh3_128_digest(place))
        position += len(line)
    assert [row["doc_id"] for row in arrow(corpus / "measures/books/00001.arrow")] == expected


def test_texts_are_those_of_documents_with_three_sorts_of_edits(corpus):
    texts = {}
    for path in corpus.glob("documents/*/*.arrow"):
        part = path.relative_to(corpus / "documents")
        documents = arrow(path)
        for folder in ("edits", "repeats", "decontaminate"):
            for edit in reversed(arrow(corpus / folder / part)):
                text = documents[edit["row"]]["text"].encode()
                cut = text[: edit["start"]] + edit["replacement"].encode() + text[edit["stop"] :]
                documents[edit["row"]]["text"] = cut.decode()
        gone = {row["removed"] for row in arrow(corpus / "dedup" / "removals" / part)}
        texts |= {
            json.loads(row["metadata"])["id"]: row["text"]
            for row in documents
            if row["doc_id"] not in gone
        }
    assert texts == surviving_texts()


def test_a_document_is_found_by_its_id(corpus):
    names = sorted((corpus / "lookup" / "documents").iterdir())
    index = arrow(corpus / "shards" / "index.arrow")
    files = arrow(corpus / "lookup" / "files.arrow")
    tokens = {
        row["doc_id"]: row for path in corpus.glob("shards/*/*/*.arrow") for row in arrow(path)
    }
    for part in ("web/00000", "books/00001"):
        for row, document in enumerate(arrow(corpus / f"documents/{part}.arrow")):
            key = document["doc_id"]
            number = int.from_bytes(key[:8], "big") * len(names) >> 64
            (place,) = [one for one in arrow(names[number]) if one["doc_id"] == key]
            assert (place["documents_row"], files[place["file"]]["part"]) == (row, part)
            if key not in tokens:
                assert place["token_batch"] == -1
                continue
            shard = index[place["token_batch"]]["shard"]
            stored = [token for one in arrow(corpus / shard) for token in one["tokens"]]
            stretch = stored[place["start"] : place["start"] + place["tokens"]]
            assert stretch == tokens[key]["tokens"]


def test_the_page_names_the_formats_that_the_code_writes():
    from haybale.corpus import chunks, id_lists, lookup_tables, manifest, packing, shards

    named = set(re.findall(r"`(haybale/[\w-]+@\d+)`", PAGE.read_text(encoding="utf-8")))
    rooms = (chunks, id_lists, lookup_tables, manifest, packing, shards)
    assert {room.FORMAT for room in rooms} <= named
