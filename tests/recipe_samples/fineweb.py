"""FineWeb's rules, and a page that stands in two crawls."""

from pathlib import Path

from recipe_samples.pages import article
from recipe_samples.planted import KEPT, Sample, block_a_domain, plant_web, url_of, write_crawl


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web()
    planted.add("short", article(60, 3), "datatrove/word_count@1")  # 48 words, where 50 must
    text = article(61, 7)
    planted.add("twice", f"{text}\n{text}", "datatrove/duplicate_line_fraction@1")
    latin = f"{article(62)}\nLorem ipsum dolor sit amet."
    planted.add("latin", latin, "c4/lorem_ipsum_count@1")
    planted.add("four", article(63, 4), "c4/sentence_count@1")  # where 5 must
    # No line ends a sentence, where 0.12 must: C4's edit that would take such lines is not asked.
    bare = article(64).replace(".", "")
    planted.add("bare", bare, "fineweb/terminal_punctuation_line_fraction@1")
    # 16 of 20 lines have 30 code points or fewer, where 0.67 may.
    brief = [line for line in article(65, 60, 4).split("\n") if len(line) <= 30][:16]
    brief += article(66, 4).split("\n")
    planted.add("brief", "\n".join(brief), "fineweb/short_line_fraction@1")
    # One of 14 lines twice: a fifteenth of the text, where 0.01 may; Gopher's 0.3 and 0.2 keep it.
    text = article(67)
    again = f"{text}\n{text.splitlines()[0]}"
    planted.add("again", again, "fineweb/duplicate_line_character_fraction@1")
    environment = block_a_domain(folder, planted)
    write_crawl(folder, planted.pages)
    # A page of the first crawl that stands in the next one too stays in both.
    planted.expected[url_of("next")] = KEPT
    write_crawl(folder, [(url_of("next"), article(0))], "CC-MAIN-2024-18")
    return Sample(environment, planted.expected)
