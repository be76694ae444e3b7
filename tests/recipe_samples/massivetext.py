"""Six subsets, of which the rules for web pages are asked of one."""

import json
from pathlib import Path

import zstandard

from recipe_samples.code import source_file
from recipe_samples.pages import Pages, article, write_warc
from recipe_samples.planted import LANGUAGE, NEAR, Planted, Sample, plant_web, url_of


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web()
    planted.add("short", article(40, 3), "gopher/word_count@1")  # 48 words, where 50 must
    write_warc(folder / "massiveweb/a.warc", planted.pages)
    expected = planted.expected
    for seed, subset in enumerate(("books", "c4", "news", "wikipedia"), start=100):
        others = Planted()
        others.add(subset, article(seed, 3))  # as short, and kept: no rule is asked of these
        others.add(f"{subset}-vi", article(seed, words="vi"), LANGUAGE)
        _write_lines(folder / subset, others.pages)
        expected |= others.expected
    others = Planted()
    others.add("github", source_file(1))  # of whatever language
    others.pages.append((url_of("elsewhere"), article(3)))  # a page of the web
    _write_lines(folder / "github", others.pages)
    expected |= others.expected
    # Not equal: a blank line stands between the paragraphs of a page.
    expected[url_of("good3"), url_of("elsewhere")] = NEAR
    del expected[url_of("good3")]
    return Sample({"MASSIVETEXT": str(folder)}, expected)


def _write_lines(folder: Path, pages: Pages) -> None:
    folder.mkdir()
    lines = "\n".join(json.dumps({"url": url, "text": text}) for url, text in pages)
    (folder / "a.jsonl.zst").write_bytes(zstandard.ZstdCompressor().compress(lines.encode()))
