import gzip
import json

from haybale.corpus.digests import digest, document_ids
from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.loaders.export import export_corpus
from haybale.loaders.export.selection import select


def export(path, output):
    corpus = Folder(path)
    manifest = read_manifest(corpus)
    return export_corpus("olmo", corpus, manifest, select(corpus, manifest), Folder(output))


def test_bytes_are_those_of_the_format(make_corpus, tmp_path):
    corpus = make_corpus({"books": [[[7, 8, 1], [9, 1]], [[300, 1]]]})
    (exported,) = export(corpus, tmp_path / "out")
    folder = tmp_path / "out/train/books"
    # A file for each shard; no header: 7 8 EOS 9 EOS, then 300 = 0x012c EOS.
    assert (folder / "00000.npy").read_bytes() == bytes.fromhex("0700 0800 0100 0900 0100")
    assert (folder / "00001.npy").read_bytes() == bytes.fromhex("2c01 0100")
    ids = [doc_id.hex() for doc_id in document_ids("books", "made", range(3)).to_pylist()]
    # start,end,id,src,loc; loc counts from 1 within the shard, lines end as Python's csv ends them.
    assert gzip.decompress((folder / "00000.csv.gz").read_bytes()).decode() == (
        f"0,3,{ids[0]},shards/train/books/00000.arrow,1\r\n"
        f"3,5,{ids[1]},shards/train/books/00000.arrow,2\r\n"
    )
    assert gzip.decompress((folder / "00001.csv.gz").read_bytes()).decode() == (
        f"0,2,{ids[2]},shards/train/books/00001.arrow,1\r\n"
    )
    assert len(exported.files) == 4
    # Flags and time of gzip's header (RFC 1952, 2.3): no name, no time.
    assert (folder / "00000.csv.gz").read_bytes()[3:8] == bytes(5)


def test_boundaries_go_on_across_record_batches(make_corpus, small_batches, tmp_path):
    documents = [[*range(2, 32), 1]] * 5  # 31 tokens each; batches of 3 and 2 documents
    export(make_corpus({"a": [documents]}), tmp_path / "out")
    rows = gzip.decompress((tmp_path / "out/train/a/00000.csv.gz").read_bytes()).decode()
    fields = [row.split(",") for row in rows.splitlines()]
    assert [(int(row[0]), int(row[1]), int(row[4])) for row in fields] == [
        (31 * number, 31 * number + 31, number + 1) for number in range(5)
    ]


def test_ids_of_a_large_vocabulary_are_uint32(make_corpus, tmp_path):
    export(make_corpus({"a": [[[70_000, 1]]]}, vocabulary_size=100_000), tmp_path / "out")
    # 70,000 = 0x00011170
    found = (tmp_path / "out/train/a/00000.npy").read_bytes()
    assert found == bytes.fromhex("70110100 01000000")


def test_the_same_corpus_gives_the_same_bytes(two_subsets, tmp_path):
    export(two_subsets, tmp_path / "one")
    export(two_subsets, tmp_path / "two")
    one, two = Folder(tmp_path / "one"), Folder(tmp_path / "two")
    assert one.list() == two.list()
    assert all(one.read(name) == two.read(name) for name in one.list())


def test_what_the_format_has_no_room_for_stands_beside_it(two_subsets, tmp_path):
    export(two_subsets, tmp_path / "out")
    said = json.loads((tmp_path / "out/export.json").read_text())
    manifest = read_manifest(Folder(two_subsets))
    assert said["corpus"] == {"name": "made", "digest": manifest.digest}
    assert said["tokens"]["eos_id"] == 1
    assert said["weights"] == {"books": 0.7, "web": 0.3}
    for one in said["exported"]:
        for record in one["files"]:
            data = (tmp_path / "out" / record["path"]).read_bytes()
            assert (len(data), digest(data)) == (record["bytes"], record["digest"])
