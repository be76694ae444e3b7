"""Runs in a peer's environment: CPU seconds of its MinHash signatures of texts.

python dedup_signatures_peer.py PEER TEXTS.json LENGTH NUM_HASHES NUM_BANDS

datasketch, rensa and rensa-rho are given shingles as Haybale defines them, split in Python the
quickest way there is; what they make of ready shingles is timed by itself. datatrove runs its stage
as it is, files and sorting included; datatrove-whitespace splits the words as we do. rensa-hashes
gets shingles that are hashed already: uint64 in hashes.bin beside the texts, rows in rows.bin.
"""

import json
import statistics
import sys
import tempfile
import time
import unicodedata
from array import array
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROWS_AT_A_TIME = 64
HASHED_REPEATS = 9


def folding() -> dict[int, int | None]:
    """For `str.translate`: punctuation and symbols out, case folded code point by code point."""
    table: dict[int, int | None] = {}
    for point in range(sys.maxunicode + 1):
        if unicodedata.category(chr(point))[0] in "PS":
            table[point] = None
        elif len(chr(point).lower()) == 1 and chr(point).lower() != chr(point):
            table[point] = ord(chr(point).lower())
    return table


def shingles_of(text: str, length: int, table: dict[int, int | None]) -> list[str]:
    words = text.translate(table).split()
    if not words:
        return []
    return [" ".join(words[at : at + length]) for at in range(max(1, len(words) - length + 1))]


def datasketch(num_hashes: int) -> Callable[[list[list[str]]], object]:
    import xxhash
    from datasketch import MinHash

    first = MinHash(num_hashes, seed=1, scheme="affine32", hashfunc=xxhash.xxh32_intdigest)

    def sign(documents: list[list[str]]) -> object:
        found = []
        for shingles in documents:
            one = first.copy()  # its permutations are drawn once
            if shingles:
                one.update_batch([shingle.encode() for shingle in shingles])
            found.append(one.hashvalues)
        return found

    return sign


def rensa(num_hashes: int, *, rho: bool) -> Callable[[list[list[str]]], object]:
    from rensa import RMinHash

    name = "digest_matrix_from_token_sets" + ("_rho" if rho else "")
    function = getattr(RMinHash, name)
    return lambda documents: function(documents, num_hashes, 1)


def datatrove(
    texts: list[str], length: int, num_hashes: int, num_bands: int, *, whitespace: bool
) -> dict[str, float]:
    from datatrove.data import Document
    from datatrove.pipeline.dedup.minhash import MinhashConfig, MinhashDedupSignature

    config: Any = MinhashConfig(
        n_grams=length, num_buckets=num_bands, hashes_per_bucket=num_hashes // num_bands
    )
    if whitespace:
        config.norm_config.norm_numbers = False
        config.norm_config.norm_unicode_diacritics = False
    with tempfile.TemporaryDirectory() as folder:
        stage = MinhashDedupSignature(folder, config=config)
        if whitespace:
            stage.word_tokenizer.word_tokenize = str.split
        stage.get_shingles(texts[0])  # loads the word splitter
        documents = [Document(text=text, id=str(at)) for at, text in enumerate(texts)]
        start = time.process_time()
        stage.run(iter(documents))
        return {"seconds": time.process_time() - start}


def rensa_hashes(folder: Path, num_hashes: int) -> dict[str, float]:
    from rensa import RMinHash

    hashes, rows = array("Q"), array("Q")
    hashes.frombytes((folder / "hashes.bin").read_bytes())
    rows.frombytes((folder / "rows.bin").read_bytes())
    seconds = []
    for _ in range(HASHED_REPEATS):
        start = time.process_time()
        RMinHash.digest_matrix_from_flat_token_hashes(hashes, rows, num_hashes, 1)
        seconds.append(time.process_time() - start)
    return {"seconds": statistics.median(seconds)}


def main() -> None:
    peer, path, *numbers = sys.argv[1:]
    length, num_hashes, num_bands = map(int, numbers)
    texts = json.loads(Path(path).read_text())
    if peer.startswith("datatrove"):
        whitespace = peer.endswith("whitespace")
        answer = datatrove(texts, length, num_hashes, num_bands, whitespace=whitespace)
    elif peer == "rensa-hashes":
        answer = rensa_hashes(Path(path).parent, num_hashes)
    else:
        rho = peer == "rensa-rho"
        sign = datasketch(num_hashes) if peer == "datasketch" else rensa(num_hashes, rho=rho)
        table = folding()
        sign([shingles_of(text, length, table) for text in texts[:8]])
        split = signed = 0.0
        for at in range(0, len(texts), ROWS_AT_A_TIME):
            begun = time.process_time()
            shingles = [
                shingles_of(each, length, table) for each in texts[at : at + ROWS_AT_A_TIME]
            ]
            middle = time.process_time()
            sign(shingles)
            signed += time.process_time() - middle
            split += middle - begun
        answer = {"seconds": split + signed, "signing": signed}
    print(json.dumps(answer))


if __name__ == "__main__":
    main()
