"""datatrove's own blocks doing what `end_to_end.py` asks; runs in datatrove's environment."""

import json
import sys
from pathlib import Path

from datatrove.executor import LocalPipelineExecutor
from datatrove.pipeline.dedup import MinhashDedupSignature
from datatrove.pipeline.dedup.minhash import (
    MinhashConfig,
    MinhashDedupBuckets,
    MinhashDedupCluster,
    MinhashDedupFilter,
)
from datatrove.pipeline.filters import (
    GopherQualityFilter,
    GopherRepetitionFilter,
    LanguageFilter,
)
from datatrove.pipeline.readers import JsonlReader
from datatrove.pipeline.tokens import DocumentTokenizer
from datatrove.pipeline.writers import JsonlWriter
from datatrove.utils.lid import FT176LID
from tokenizers import Tokenizer, decoders, pre_tokenizers
from tokenizers.models import Unigram

EOS = "</s>"


class LocalLanguageFilter(LanguageFilter):
    """The language filter with a model that is here already."""

    def __init__(self, model_file):
        super().__init__(label_only=True)
        self.model = LocalModel(model_file)


class LocalModel(FT176LID):
    def __init__(self, model_file):
        super().__init__()
        self._file = model_file

    @property
    def model(self):
        if self._model is None:
            from fasttext.FastText import _FastText

            self._model = _FastText(self._file)
        return self._model


def save_tokenizer(vocabulary, path):
    pieces = [tuple(piece) for piece in json.loads(Path(vocabulary).read_text())]
    tokenizer = Tokenizer(Unigram(pieces, unk_id=0, byte_fallback=True))
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="never")
    tokenizer.decoder = decoders.Metaspace(prepend_scheme="never")
    tokenizer.save(str(path))


def run(folder, name, *blocks, tasks=1):
    LocalPipelineExecutor(
        list(blocks), tasks=tasks, workers=1, logging_dir=str(folder / "logs" / name)
    ).run()


def main():
    job = json.loads(Path(sys.argv[1]).read_text())
    folder = Path(job["output"])
    inputs = folder / "inputs"
    inputs.mkdir(parents=True)
    for number, file in enumerate(job["files"]):
        (inputs / f"{number:05d}.jsonl.zst").symlink_to(file)
    save_tokenizer(job["vocabulary"], folder / "tokenizer.json")
    config = MinhashConfig(n_grams=13, num_buckets=14, hashes_per_bucket=8)
    kept = str(folder / "kept")
    run(
        folder,
        "filter",
        JsonlReader(str(inputs), compression="zstd"),
        LocalLanguageFilter(job["language_model"]),
        GopherRepetitionFilter(),
        GopherQualityFilter(),
        JsonlWriter(kept, compression="zstd"),
    )
    reader = JsonlReader(kept, compression="zstd")
    run(folder, "sign", reader, MinhashDedupSignature(str(folder / "signatures"), config=config))
    run(
        folder,
        "buckets",
        MinhashDedupBuckets(str(folder / "signatures"), str(folder / "buckets"), config=config),
        tasks=config.num_buckets,
    )
    run(
        folder,
        "cluster",
        MinhashDedupCluster(str(folder / "buckets"), str(folder / "removed"), config=config),
    )
    run(
        folder,
        "tokenize",
        reader,
        MinhashDedupFilter(str(folder / "removed")),
        DocumentTokenizer(
            str(folder / "tokens"),
            tokenizer_name_or_path=str(folder / "tokenizer.json"),
            eos_token=EOS,
            shuffle_documents=False,
        ),
    )


if __name__ == "__main__":
    main()
