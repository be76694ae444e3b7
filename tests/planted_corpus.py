"""The corpus of `planted_card` in a folder: its shards, its card and its manifest."""

from planted_card import inputs
from small_shards import FORMAT, documents_of, write_shards

from haybale.cards.write import write_card
from haybale.corpus.digests import digest
from haybale.corpus.manifest import Manifest, write_manifest
from haybale.corpus.pending import FileRecord
from haybale.corpus.storage import Folder


def write_corpus(path, **changes):
    """Write it, with other inputs of the card if asked; the folder."""
    folder = Folder(str(path))
    # As the card says: 45 documents of 450 tokens for training, 5 of 50 for validation.
    shards = {"train/web/00000": [10] * 45, "validation/web/00000": [10] * 5}
    write_shards(folder, {name: documents_of(*lengths) for name, lengths in shards.items()})
    files = [record_of(folder, name) for name in folder.list()]
    planted = inputs(**changes)
    files += write_card(folder, planted, files)
    manifest = Manifest(
        name=planted.name,
        recipe=dict(planted.recipe),
        lineage=dict(planted.lineage),
        totals=planted.totals,
        weights=dict(planted.weights),
        tokens=FORMAT,
        files=files,
    )
    write_manifest(folder, manifest)
    folder.remove("run")
    return folder


def record_of(folder, name):
    """A file's record, from its bytes."""
    data = folder.read(name)
    return FileRecord(name, len(data), digest(data))
