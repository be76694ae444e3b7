"""Runs in a peer's environment: its reader reads our files, its writer writes the same documents.

python peer_formats.py PEER ASKED.json ANSWERS.json
"""

import json
import sys
from pathlib import Path
from typing import Any


def megatron(asked: dict[str, Any]) -> dict[str, Any]:
    """Megatron's IndexedDataset and IndexedDatasetBuilder."""
    import numpy as np
    import torch
    from megatron.core.datasets.indexed_dataset import IndexedDataset, IndexedDatasetBuilder

    dtype = np.uint16 if asked["token_bytes"] == 2 else np.int32
    folder = Path(asked["peer"])
    documents = [document for shard in asked["shards"] for document in shard["documents"]]
    builder = IndexedDatasetBuilder(str(folder / "books.bin"), dtype=dtype)
    for document in documents:
        builder.add_document(torch.tensor(document), [len(document)])
    builder.finalize(str(folder / "books.idx"))
    read = {}
    for mmap in (True, False):
        dataset = IndexedDataset(f"{asked['ours']}/books", mmap=mmap)
        read[f"mmap={mmap}"] = [dataset[at].tolist() for at in range(len(dataset))]
        assert [one.tolist() for one in dataset[: len(dataset)]] == read[f"mmap={mmap}"]
    return {"read": read, "bounds": dataset.document_indices.tolist()}


def datatrove(asked: dict[str, Any]) -> dict[str, Any]:
    """datatrove's TokenizedFile, the readers of its merger, and its torch dataset."""
    from datatrove.io import get_datafolder
    from datatrove.pipeline.tokens.merger import get_data_reader, load_doc_ends
    from datatrove.pipeline.tokens.tokenizer import TokenizedFile
    from datatrove.utils.dataset import DatatroveFolderDataset

    size = asked["token_bytes"]
    for shard in asked["shards"]:
        written = TokenizedFile(
            asked["peer"],
            f"{shard['name']}.ds",
            tokenizer_name_or_path=asked["tokenizer"],
            save_final_metadata=True,
            token_size=size,
        )
        for document in shard["documents"]:
            written.write(document, None)
        written.close()
    folder, documents = get_datafolder(f"{asked['ours']}/books"), []
    for path in folder.list_files(glob_pattern="*.ds"):
        ends = load_doc_ends(folder.open(f"{path}.index", "rb"))
        for data in get_data_reader(folder.open(path, "rb"), ends, nb_bytes=size):
            ids = (data[at : at + size] for at in range(0, len(data), size))
            documents.append([int.from_bytes(token, "little") for token in ids])
    windows = DatatroveFolderDataset(
        f"{asked['ours']}/books", asked["window"] - 1, token_size=size, return_positions=True
    )
    return {
        "read": {"merger": documents},
        "windows": [windows[at]["input_ids"].tolist() for at in range(len(windows))],
        "positions": [windows[at]["positions"].tolist() for at in range(len(windows))],
    }


def dolma(asked: dict[str, Any]) -> dict[str, Any]:
    """dolma's MemmapWriter, and its merger of arrays with their boundaries."""
    import csv

    import numpy as np
    import smart_open
    from dolma.tokenizer.data_types import TokenizerOutput
    from dolma.tokenizer.memmap_writer import MemmapWriter
    from dolma.tokenizer.reshard import TokensMetadataPaths, merge_group

    dtype = np.dtype(np.uint16 if asked["token_bytes"] == 2 else np.uint32)
    ours, paths = Path(asked["ours"]) / "books", []
    for shard in asked["shards"]:
        num_tokens = sum(map(len, shard["documents"]))
        path = str(Path(asked["peer"]) / shard["name"])
        with MemmapWriter(path, dtype, max_tokens=num_tokens + 1) as writer:
            named = zip(shard["doc_ids"], shard["documents"], strict=True)
            for loc, (doc_id, document) in enumerate(named, start=1):
                output = TokenizerOutput.from_tokens(doc_id, shard["path"], loc, document)
                assert writer.write(output)
        name = str(ours / shard["name"])
        paths.append(TokensMetadataPaths(f"{name}.npy", f"{name}.csv.gz"))
    merged = Path(asked["peer"]) / "merged.npy"
    merge_group(paths, merged, dtype)
    ids = np.memmap(merged, mode="r", dtype=dtype)
    with smart_open.open(merged.with_suffix(".csv.gz"), "r", encoding="utf-8") as file:
        rows = list(csv.reader(file))
    documents = [ids[int(row[0]) : int(row[1])].tolist() for row in rows]
    return {"read": {"merged": documents}, "doc_ids": [row[2] for row in rows]}


def olmo(asked: dict[str, Any]) -> dict[str, Any]:
    """OLMo-core's readers of boundaries, and its dataset of fixed-length instances."""
    import numpy as np
    from olmo_core.data.numpy_dataset import NumpyFSLDataset
    from olmo_core.data.utils import iter_document_indices, load_array_slice

    dtype = np.uint16 if asked["token_bytes"] == 2 else np.uint32
    paths = [f"{asked['ours']}/books/{shard['name']}.npy" for shard in asked["shards"]]
    read = {}
    for name, options in (("table", {"use_array_if_local": False}), ("array", {})):
        read[name] = [
            load_array_slice(path, start, stop, dtype).tolist()
            for path in paths
            for start, stop in iter_document_indices(
                path, dtype=dtype, eos_token_id=asked["eos_id"], **options
            )
        ]
    windows = NumpyFSLDataset(
        *paths,
        sequence_length=asked["window"],
        pad_token_id=0,
        eos_token_id=asked["eos_id"],
        vocab_size=asked["vocabulary_size"],
        dtype=dtype,
    )
    windows.work_dir = Path(asked["peer"])
    windows.prepare()
    found = [windows[at]["input_ids"].tolist() for at in range(len(windows))]
    return {"read": read, "windows": found}


def main() -> None:
    peer, asked, answers = sys.argv[1:]
    answer = globals()[peer](json.loads(Path(asked).read_text()))
    Path(answers).write_text(json.dumps(answer))


if __name__ == "__main__":
    main()
