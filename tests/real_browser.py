"""A real browser for tests of pages: Chromium, from `HAYBALE_CHROMIUM` or the path."""

import contextlib
import os
import shutil

import pytest

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe is not installed")

CHROMIUM = os.environ.get("HAYBALE_CHROMIUM") or next(
    filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None
)
NEEDS_BROWSER = [
    pytest.mark.slow,
    pytest.mark.skipif(
        CHROMIUM is None, reason="no Chromium found; set HAYBALE_CHROMIUM to its binary"
    ),
]
SCREENS = [(width, scheme) for width in (390, 1280) for scheme in ("light", "dark")]
OPEN_ALL = "document.querySelectorAll('details').forEach(details => { details.open = true })"


@contextlib.contextmanager
def launched():
    # Without a sandbox, since a container's root may start none; the pages are our own.
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()
