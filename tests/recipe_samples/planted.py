"""What is planted for a recipe: pages, and what must become of each."""

from dataclasses import dataclass, field
from pathlib import Path

from recipe_samples.pages import Pages, article, near_copy, write_warc

KEPT = "kept"
EXACT, SAME_URL, NEAR = "exact/text@1", "exact/url@1", "minhash/jaccard@1"
LANGUAGE, DENIED = "language/allowed@1", "domain/denied@1"

Fates = dict[str | tuple[str, str], str]
"""URL to the rule that takes the document out, or KEPT. Of a pair of duplicates either may go, so
two URLs stand for it, with the rule that takes the one that goes."""


@dataclass(frozen=True)
class Sample:
    """What a recipe reads, and what must become of it.

    Attributes:
        environment: What the recipe's placeholders are set to.
        expected: The fate of every document.
        edited: Rules that must have taken something out of a document that stays.
    """

    environment: dict[str, str]
    expected: Fates
    edited: frozenset[str] = frozenset()


@dataclass
class Planted:
    """Pages as they are planted; the name of each says what it is, and becomes its URL."""

    pages: list[tuple[str, str]] = field(default_factory=list)
    expected: Fates = field(default_factory=dict)

    def add(self, name: str, text: str, fate: str = KEPT) -> None:
        """Plant a page."""
        self.pages.append((url_of(name), text))
        self.expected[url_of(name)] = fate

    def add_pair(self, name: str, text: str, other: str, rule: str) -> None:
        """Plant two of which one must go."""
        pair = url_of(name), url_of(f"{name}-again")
        self.pages += zip(pair, (text, other), strict=True)
        self.expected[pair] = rule


def url_of(name: str) -> str:
    """The URL of a planted page."""
    return f"http://{name}.org/"


def plant_web(words: str = "en") -> Planted:
    """What every recipe of web pages keeps, and what every one takes out for the same reason."""
    planted = Planted()
    for seed in range(8):
        planted.add(f"good{seed}", article(seed, words=words))
    text, other = article(20, words=words), article(21, words=words)
    planted.add_pair("copied", text, text, EXACT)
    planted.add_pair("changed", other, near_copy(other), NEAR)
    planted.add("foreign", article(24, words="en" if words == "vi" else "vi"), LANGUAGE)
    return planted


def plant_visits(planted: Planted, words: str = "en") -> None:
    """A page that was crawled twice, with another text each time."""
    planted.pages += [(url_of("visited"), article(seed, words=words)) for seed in (22, 23)]
    planted.expected[url_of("visited")] = f"{KEPT}+{SAME_URL}"


def write_crawl(folder: Path, pages: Pages, crawl: str = "CC-MAIN-2024-10") -> None:
    """WARC files where Common Crawl has them, and one beside them whose records are no pages."""
    segment, file = folder / crawl / "segments/1707947473347.0", "CC-MAIN-20240220-00000.warc.gz"
    write_warc(segment / "warc" / file, pages)
    write_warc(segment / "robotstxt" / file, [(url_of("robots"), article(99))])


def block_a_domain(folder: Path, planted: Planted) -> dict[str, str]:
    """Plant a page of a domain that is not wanted; what the placeholders are set to."""
    planted.add("www.blocked", article(30), DENIED)
    (folder / "blocked.txt").write_text("# adult sites\nblocked.org\n")
    return {"COMMON_CRAWL": str(folder), "BLOCKED_DOMAINS": str(folder / "blocked.txt")}
