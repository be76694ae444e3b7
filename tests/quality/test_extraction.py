import pytest

from haybale.quality.extraction import extract_text

PAGE = b"""<html><head><title>Hay</title><script>var x = 1</script></head><body>
<nav><a href="/">Home</a></nav>
<article><h1>Making hay</h1><p>Cut the grass when it is dry.</p>
<pre>a  b</pre></article>
<footer>Imprint</footer></body></html>"""


def test_the_article_is_kept_and_what_is_around_it_is_not():
    text = extract_text(PAGE, "text/html; charset=utf-8")
    assert "Cut the grass when it is dry." in text
    for noise in ("var x", "Home", "Imprint"):
        assert noise not in text


@pytest.mark.parametrize(
    ("content_type", "encoding"),
    [("text/html; charset=iso-8859-1", "iso-8859-1"), ("text/html; charset=utf-8", "utf-8")],
)
def test_the_declared_character_set_goes_first(content_type, encoding):
    page = "<p>Gr\u00fc\u00dfe aus dem Heu, mit vielen Gr\u00fc\u00dfen</p>".encode(encoding)
    assert "Gr\u00fc\u00dfe" in extract_text(page, content_type)


def test_plain_text_stays_as_it_is():
    assert extract_text(b"a < b\n\n  c", "text/plain") == "a < b\n\n  c"


@pytest.mark.parametrize("html", [b"", b"<", b"<div>" * 20_000, b"<" * 100_000, b"<html></html>"])
def test_broken_pages_give_little_and_raise_nothing(html):
    assert isinstance(extract_text(html), str)


def test_bytes_that_are_no_text_are_refused():
    with pytest.raises(ValueError, match="NUL"):
        extract_text(b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")
