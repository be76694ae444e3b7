"""FineWeb2's bounds for Vietnamese, where they are not those for English."""

import unicodedata
from pathlib import Path

from recipe_samples.pages import article
from recipe_samples.planted import Sample, plant_visits, plant_web, write_crawl


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web("vi")
    plant_visits(planted, "vi")
    planted.add("short", article(90, 3, words="vi"), "datatrove/word_count@1")
    # 3 of 14 lines end a sentence: enough for English (0.12), not for Vietnamese (0.333).
    lines = article(91, words="vi").split("\n")
    bare = "\n".join(line if at < 3 else line[:-1] for at, line in enumerate(lines))
    planted.add("bare", bare, "fineweb/terminal_punctuation_line_fraction@1")
    # 29 newlines by 30 lines of 7 words and a full stop: 0.121. English may have 0.3, Vietnamese
    # 0.103.
    brief = article(92, 30, 7, words="vi")
    planted.add("brief", brief, "fineweb/newline_to_word_ratio@1")
    # Trafilatura composes letters, so that stop words are found.
    planted.add("decomposed", unicodedata.normalize("NFD", article(93, words="vi")))
    write_crawl(folder, planted.pages)
    return Sample({"COMMON_CRAWL": str(folder)}, planted.expected)
