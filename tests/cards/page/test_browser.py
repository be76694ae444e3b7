"""The page in a real browser: needs Chromium, from `HAYBALE_CHROMIUM` or the path."""

import planted_card
import pytest
from real_browser import NEEDS_BROWSER, OPEN_ALL, SCREENS, axe, launched

from haybale.cards.page import render_page
from haybale.cards.sections import sections as real_sections

pytestmark = NEEDS_BROWSER


@pytest.fixture(scope="module")
def browser():
    with launched() as browser:
        yield browser


@pytest.fixture
def html(card, sections, tmp_path):
    path = tmp_path / "card.html"
    path.write_text(render_page(card, sections), encoding="utf-8")
    return path


@pytest.fixture
def open_page(browser, html):
    """Opens the page on a screen; all that it asks for is in `page.asked`."""
    contexts = []

    def opened(width=1280, scheme="light", path=html, **settings):
        context = browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=scheme, **settings
        )
        contexts.append(context)
        page = context.new_page()
        page.asked = []
        page.on("request", lambda request: page.asked.append(request.url))
        page.goto(path.as_uri())
        return page

    yield opened
    for context in contexts:
        context.close()


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_axe_finds_no_violation(open_page, width, scheme):
    page = open_page(width, scheme)
    page.evaluate(OPEN_ALL)
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


def test_axe_finds_no_violation_in_the_card_of_the_planted_corpus(open_page, tmp_path):
    path = tmp_path / "planted.html"
    card = planted_card.card()
    path.write_text(render_page(card, real_sections(card)), encoding="utf-8")
    page = open_page(path=path)
    page.evaluate(OPEN_ALL)
    found = axe.Axe().run(page).response["violations"]
    assert [(each["id"], each["nodes"][0]["html"]) for each in found] == []


@pytest.mark.parametrize(("width", "scheme"), SCREENS)
def test_the_page_never_scrolls_sideways(open_page, width, scheme):
    page = open_page(width, scheme)
    page.evaluate(OPEN_ALL)
    assert page.evaluate("document.documentElement.scrollWidth") == width


def test_no_drawing_reaches_out_of_the_window(open_page):
    page = open_page(390)
    page.evaluate(OPEN_ALL)
    ends = page.evaluate(
        "[...document.querySelectorAll('svg text')].map(text => text.getBoundingClientRect())"
        ".flatMap(box => [box.left, box.right])"
    )
    assert min(ends) >= 0
    assert max(ends) <= 390


def test_phone_and_desktop_light_and_dark_are_four_different_screens(open_page):
    shots = {open_page(width, scheme).screenshot(full_page=True) for width, scheme in SCREENS}
    assert len(shots) == 4


@pytest.mark.parametrize(("scheme", "is_dark"), [("light", False), ("dark", True)])
def test_the_page_is_as_dark_as_its_reader_asks(open_page, scheme, is_dark):
    color = "getComputedStyle(document.documentElement).backgroundColor.match(/\\d+/g).map(Number)"
    assert (sum(open_page(1280, scheme).evaluate(color)) < 3 * 64) is is_dark


def test_nothing_is_asked_for_but_the_page_itself(open_page, html):
    page = open_page()
    page.evaluate(OPEN_ALL)
    page.emulate_media(media="print")
    page.wait_for_timeout(200)
    assert page.asked == [html.as_uri()]


def test_text_by_strangers_does_not_run_even_without_the_policy(open_page, html, tmp_path):
    bare = tmp_path / "bare.html"
    text = html.read_text(encoding="utf-8")
    bare.write_text(text.replace("Content-Security-Policy", "X-None"), encoding="utf-8")
    page = open_page(path=bare)
    page.evaluate(OPEN_ALL)
    page.wait_for_timeout(200)
    assert page.title().endswith(": dataset card")
    assert page.asked == [bare.as_uri()]


def test_the_policy_lets_the_style_through_and_a_script_not(open_page):
    page = open_page()
    assert page.evaluate("getComputedStyle(document.querySelector('nav ol')).listStyleType") == (
        "none"
    )
    page.evaluate(
        "const script = document.createElement('script');"
        "script.textContent = 'document.title = \"taken\"';"
        "document.body.append(script)"
    )
    assert page.title() != "taken"


def test_the_keyboard_reaches_the_content_first_and_tables_too(open_page):
    page = open_page()
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('href')") == "#content"
    reached = set()
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.add(page.evaluate("document.activeElement.className"))
    assert "frame" in reached
