"""RefinedWeb's line corrections, and 64 words in a row that two pages share."""

from pathlib import Path

from recipe_samples.pages import article
from recipe_samples.planted import Sample, block_a_domain, plant_visits, plant_web, write_crawl


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web()
    plant_visits(planted)
    planted.add("short", article(70, 3), "gopher/word_count@1")  # 48 words, where 50 must
    # 2 + 5 of 231 words go, where 0.05 may.
    planted.add("social", f"{article(71)}\n3 likes\nSIGN UP FOR OUR LETTER")
    # 8 of 120 words: too many.
    adverts = f"{article(72, 7)}\nHAY FOR SALE TODAY\nSTRAW FOR SALE TOMORROW"
    planted.add("adverts", adverts, "refinedweb/removed_word_fraction@1")
    shared = article(73, 4)
    planted.add("first", f"{article(74)}\n{shared}")
    planted.add("second", f"{shared}\n{article(75)}")
    environment = block_a_domain(folder, planted)
    write_crawl(folder, planted.pages)
    edited = {"refinedweb/counter_line@1", "refinedweb/uppercase_line@1", "repeats/span@1"}
    return Sample(environment, planted.expected, frozenset(edited))
