"""Gopher's rules on pages that are extracted from WARC files."""

from pathlib import Path

from recipe_samples.pages import article
from recipe_samples.planted import Sample, plant_visits, plant_web, write_crawl

_STOP_WORDS = {"the", "be", "to", "of", "and", "that", "have", "with"}


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web()
    plant_visits(planted)
    planted.add("short", article(40, 3), "gopher/word_count@1")  # 48 words, where 50 must
    lines = article(41).split("\n")
    bullets = "\n".join(f"• {line}" for line in lines)
    planted.add("bullets", bullets, "gopher/bullet_line_fraction@1")
    # 7 of 14 lines, where 0.3 may.
    teasers = "\n".join(f"{line}.." if at % 2 else line for at, line in enumerate(lines))
    planted.add("teasers", teasers, "gopher/ellipsis_line_fraction@1")
    words = [word for word in article(42, 20).lower().split() if word.strip(".") not in _STOP_WORDS]
    table = "\n".join(" ".join(words[at : at + 12]) for at in range(0, 144, 12))
    planted.add("table", table, "gopher/stop_words@2")
    text = article(43, 7)
    planted.add("twice", f"{text}\n{text}", "gopher/duplicate_line_fraction@1")
    planted.add("mail", f"{article(44)}\nWrite to the miller at jo@brook.org today.")
    write_crawl(folder, planted.pages)
    edited = frozenset(["mask/email@1"])
    return Sample({"COMMON_CRAWL": str(folder)}, planted.expected, edited)
