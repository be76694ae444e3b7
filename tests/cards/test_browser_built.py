"""The card of built corpora in a real browser: of what was planted, and of real text.

Needs Chromium, from `HAYBALE_CHROMIUM` or the path, and for real text `HAYBALE_DATA`.
"""

import os

import pytest
from planted_sources import build_planted
from real_browser import NEEDS_BROWSER, OPEN_ALL, SCREENS, axe, launched

pytestmark = NEEDS_BROWSER
MAX_BYTES = 1_000_000

# Web text in English and code-like pages, 60 languages of short texts, an evaluation set that is
# in the corpus: each section has something to show.
REAL_TEXT = """
name = "real"
[[subsets]]
name = "web"
paths = ["${HAYBALE_DATA}/massiveweb/general-00000.jsonl.zst"]
quality = "gopher"
languages = ["en"]
mask = ["email"]
[[subsets]]
name = "languages"
paths = ["${HAYBALE_DATA}/lid/*.jsonl.zst"]
[[subsets]]
name = "quiz"
paths = ["${HAYBALE_DATA}/evalsets/humaneval*.jsonl.zst"]
[dedup]
[tokenizer]
train = { vocabulary_size = 4000, sample_bytes = 2000000 }
[decontaminate]
[[decontaminate.sets]]
name = "humaneval"
paths = ["${HAYBALE_DATA}/evalsets/humaneval*.jsonl.zst"]
policy = "report"
[card]
training_tokens = 1_400_000_000_000
"""


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture(scope="module", params=["planted", "real"])
def html(request, tmp_path_factory):
    """The page of a corpus."""
    folder = tmp_path_factory.mktemp(request.param)
    if request.param == "planted":
        return build_planted(folder) / "card/card.html"
    if "HAYBALE_DATA" not in os.environ:
        pytest.skip("HAYBALE_DATA names no real text")
    from haybale.pipeline.build import build
    from haybale.pipeline.progress import Progress

    (folder / "recipe.toml").write_text(REAL_TEXT)
    build(folder / "recipe.toml", str(folder / "out"), progress=Progress(quiet=True))
    return folder / "out/card/card.html"


@pytest.fixture(params=SCREENS, ids=lambda screen: f"{screen[0]}-{screen[1]}")
def page(request, browser, html):
    """The page with all it holds unfolded; what it asked for is in `page.asked`."""
    width, scheme = request.param
    context = browser.new_context(viewport={"width": width, "height": 900}, color_scheme=scheme)
    page = context.new_page()
    page.asked, page.complaints = [], []
    page.on("request", lambda one: page.asked.append(one.url))
    page.on("console", lambda one: page.complaints.append(one.text))
    page.goto(html.as_uri())
    page.evaluate(OPEN_ALL)
    yield page
    context.close()


def test_axe_finds_no_violation(page):
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_it_fits_the_window_and_asks_for_nothing(page, html):
    width = page.viewport_size["width"]
    assert page.evaluate("document.documentElement.scrollWidth") == width
    ends = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect())"
        ".flatMap(box => [box.left, box.right])"
    )
    assert min(ends) >= 0
    assert max(ends) <= width
    page.emulate_media(media="print")
    page.wait_for_timeout(100)
    assert page.asked == [html.as_uri()]
    assert page.complaints == []


def test_it_is_under_a_megabyte_and_every_link_within_it_leads_somewhere(page, html):
    assert html.stat().st_size < MAX_BYTES
    lost = page.evaluate(
        "[...document.querySelectorAll('a[href^=\"#\"]')]"
        ".map(link => decodeURIComponent(link.getAttribute('href').slice(1)))"
        ".filter(name => !document.getElementById(name))"
    )
    assert lost == []


def test_every_chart_has_its_data_beside_it(page):
    assert page.evaluate("document.querySelectorAll('svg').length") > 10
    without = page.evaluate(
        "[...document.querySelectorAll('svg')].filter(svg => !svg.closest('figure')"
        "?.querySelector('table')).length"
    )
    assert without == 0
