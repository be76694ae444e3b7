"""The served pages in a real browser: needs Chromium, from `HAYBALE_CHROMIUM` or the path."""

import threading

import pytest
from real_browser import NEEDS_BROWSER, axe, launched

from haybale.cards.serve.server import Server

pytestmark = NEEDS_BROWSER
PATHS = ("", "samples", "facts", "facts?q=corpus.tokens", "document", "nowhere")


@pytest.fixture
def address(site):
    with Server(site, "127.0.0.1", 0) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server.url
        server.shutdown()
        thread.join()


@pytest.fixture
def open_page(address):
    """Opens a path on a screen; what the page says in the console is in `page.said`."""
    with launched() as browser:

        def opened(path, width=1280, scheme="light"):
            context = browser.new_context(
                viewport={"width": width, "height": 900}, color_scheme=scheme, bypass_csp=False
            )
            page = context.new_page()
            page.said, page.asked = [], []
            page.on("console", lambda message: page.said.append(message.text))
            page.on("request", lambda request: page.asked.append(request.url))
            page.goto(address + path)
            return page

        yield opened


def test_axe_finds_no_violation_and_nothing_scrolls_sideways(open_page):
    for path in PATHS:
        for width, scheme in ((390, "dark"), (1280, "light")):
            page = open_page(path, width, scheme)
            found = axe.Axe().run(page).response["violations"]
            assert [(each["id"], each["nodes"][0]["html"]) for each in found] == [], path
            assert page.evaluate("document.documentElement.scrollWidth") == width, path


def test_the_policy_lets_the_style_in_and_the_page_asks_for_nothing(open_page, address):
    for path in ("", "samples", "card.html"):
        page = open_page(path)
        assert page.said == []
        assert page.asked == [address + path]
        shown = page.evaluate("getComputedStyle(document.querySelector('h1')).fontWeight")
        assert shown == "600"


def test_a_reader_filters_samples_with_the_keyboard_alone(open_page):
    page = open_page("samples")
    page.focus("#q")
    page.keyboard.type("bonjour")
    page.keyboard.press("Enter")
    page.wait_for_url("**q=bonjour**")
    assert page.locator("blockquote").all_inner_texts() == ["Bonjour"]
