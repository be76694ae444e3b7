"""Damage is not written anew, which would make it look sound."""

import pytest
from taken_corpora import contents, id_of, ids_array

from haybale.corpus.errors import CorruptShardError
from haybale.corpus.storage import Folder
from haybale.pipeline.progress import Progress
from haybale.pipeline.takedown.remove import remove


def flip(path):
    """One bit amid a file."""
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(data)


@pytest.mark.parametrize(
    "kind",
    [
        *("shards/train", "documents", "measures", "signatures", "lookup/documents"),
        *("edits", "card/ids/kept.parquet", "card/unigrams.parquet", "card/domains.parquet"),
        "card/inputs.json",
    ],
)
def test_a_file_that_is_not_the_manifest_s_is_refused_and_nothing_is_changed(kind, corpus):
    gone = [id_of(corpus, f"zq{n:04d}qz") for n in (3, 9, 20, 30, 40, 101, 104, 111)]
    folder = Folder(str(corpus))
    path = (folder.list(kind) if "." not in kind else [kind])[0]
    flip(corpus / path)
    before = contents(corpus)
    with pytest.raises(CorruptShardError) as error:
        remove(folder, ids_array(gone), progress=Progress(quiet=True))
    said = str(error.value)
    assert said.startswith(f"{corpus}/{path}: expected digest ")
    assert "restore it from a copy" in said
    assert said.endswith("nothing was taken down; `haybale verify --full` finds all damage")
    assert contents(corpus) == before
