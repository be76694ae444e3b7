"""C4's line edits and rules on text of WET files, and a line that two pages share."""

from pathlib import Path

from recipe_samples.pages import article, write_wet
from recipe_samples.planted import Sample, plant_visits, plant_web

_MENU = """Home
About us and our friends
Read it.
Please enable JavaScript to read this page.
We use cookies on this site.
"""


def write_sample(folder: Path) -> Sample:
    """Write it."""
    planted = plant_web()
    plant_visits(planted)
    planted.add("menu", _MENU + article(50))
    latin = f"{article(51)}\nLorem ipsum dolor sit amet."
    planted.add("latin", latin, "c4/lorem_ipsum_count@1")
    script = f"{article(52)}\nIt begins with {{ and ends soon."
    planted.add("script", script, "c4/curly_bracket_count@1")
    planted.add("four", article(53, 4), "c4/sentence_count@1")  # where 5 must
    shared = article(54, 1)  # of 16 words, where 10 are cut
    planted.add("first", f"{article(55)}\n{shared}")
    planted.add("second", f"{shared}\n{article(56)}")
    segment = folder / "CC-MAIN-2024-10/segments/1707947473347.0"
    write_wet(segment / "wet/CC-MAIN-20240220-00000.warc.wet.gz", planted.pages)
    edits = (f"c4/{kind}_line@1" for kind in ("unpunctuated", "short", "javascript", "policy"))
    edited = frozenset([*edits, "repeats/line@1"])
    return Sample({"COMMON_CRAWL": str(folder)}, planted.expected, edited)
