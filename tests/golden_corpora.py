"""Where golden corpora are, and what is known of the texts in `input/` without building them."""

import json
import tarfile
from pathlib import Path

HERE = Path(__file__).with_name("golden")
INPUT = HERE / "input"
FIRST = HERE / "corpus-v1"
"""Of the first release of format version 1: three documents, no duplicates, no index."""
WHOLE = HERE / "corpus-v1-whole.tar.xz"
"""Of `input/`: every kind of file that a build leaves behind."""

COOKIES = "This site uses cookies to give you the best experience."
FOOTER = "Read more stories from our valley in the weekly letter."
ITEM = "How many bales of hay does a farmer with twelve horses need for one winter of ninety days?"


def unpack(archive, folder):
    """Unpack a golden corpus; its folder."""
    with tarfile.open(archive) as packed:
        packed.extractall(folder, filter="data")
    return folder


def read_records():
    """The readable records of `input/` by their own ids."""
    records = {}
    for name in ("web/0.jsonl", "web/1.jsonl", "books.jsonl"):
        for line in (INPUT / name).read_bytes().splitlines():
            if line.endswith(b"}"):
                record = json.loads(line)
                records[record["id"]] = record
    return records


def surviving_texts():
    """The documents that are tokenized, as they should be by then, by their own ids.

    `short` has one sentence and `lorem` its words, so C4 drops them; `barn-copy`, `chinchilla` and
    `road-again` have a survivor. Of `mill` three lines go: two that C4 edits out of English text,
    and the footer, which `road` keeps. Of `quiz` goes the item, and not its line break.
    """
    left_out = {"mill": [f"\n{COOKIES}", "\nMenu", f"\n{FOOTER}"], "quiz": [ITEM]}
    texts = {}
    for key, record in read_records().items():
        if key in ("short", "lorem", "barn-copy", "chinchilla", "road-again"):
            continue
        text = record["text"]
        for gone in left_out.get(key, []):
            assert text.count(gone) == 1
            text = text.replace(gone, "")
        texts[key] = text.replace("keeper@brook.org", "<EMAIL>")
    return texts
