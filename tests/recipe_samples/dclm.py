"""A classifier that keeps the best tenth, and a copy among these."""

import json
from pathlib import Path

from haybale.cli import main
from recipe_samples.pages import article
from recipe_samples.planted import EXACT, LANGUAGE, Planted, Sample, block_a_domain, write_crawl


def write_sample(folder: Path) -> Sample:
    """Write it: of 30 pages that pass the rules 3 are kept, then one of these goes as a copy."""
    planted = Planted()
    for seed in range(27):
        planted.add(f"tale{seed}", article(seed), "classifier/quality_best_fraction@1")
    planted.add("science", article(80, words="science"))
    text = article(81, words="science")
    planted.add_pair("copied", text, text, EXACT)
    planted.add("foreign", article(82, words="vi"), LANGUAGE)
    planted.add("short", article(83, 3), "dclm/word_count@1")  # 48 words, where 50 must
    environment = block_a_domain(folder, planted)
    write_crawl(folder, planted.pages)
    return Sample(environment | {"QUALITY_MODEL": _model(folder)}, planted.expected)


def _model(folder: Path) -> str:
    """A model that tells science from tales, learned as the recipe's comment says."""
    for name, words in (("good", "science"), ("other", "en")):
        rows = (json.dumps({"text": article(seed, words=words)}) for seed in range(100, 140))
        (folder / f"{name}.jsonl").write_text("\n".join(rows))
    model = str(folder / "quality.bin")
    sides = ["--positive", str(folder / "good.jsonl"), "--negative", str(folder / "other.jsonl")]
    small = ["--word-ngrams", "2", "--buckets", "1000", "--dimensions", "8", "--epochs", "20"]
    assert main(["classifier", "train", *sides, "--output", model, "--json", *small]) == 0
    return model
