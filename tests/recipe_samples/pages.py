"""Pages to try recipes on: prose that every profile keeps, in two languages, and archives.

Words are drawn at random, so texts of different seeds have nothing in common.
"""

import random
from collections.abc import Sequence
from pathlib import Path

from source_files import gzipped, response, warc_record

Pages = Sequence[tuple[str, str]]
"""URLs and texts; a URL may come twice."""

_ENGLISH = """the the and and of of to that with have be is was were from they their this which when
where while after before during about many people often found water river mountain valley forest
village market house garden kitchen window morning evening winter summer autumn spring weather rain
snow wind cloud field farm farmer horse sheep cattle barn wagon bread butter cheese apple honey salt
travel journey road bridge harbour ship sailor fisherman island north south eastern western country
town city street church school teacher student book letter paper story history language music song
dance theatre painting colour yellow green brown narrow broad ancient modern simple quiet careful
heavy light strong gentle small large early late slowly quickly usually sometimes always never again
carried brought gathered watched walked learned taught wrote read built opened closed remembered
returned followed crossed climbed planted harvested repaired measured counted described explained
mother father brother sister neighbour traveller merchant carpenter doctor miller shepherd weaver"""
_SCIENCE = """the the and and of of to that with have be is was this which when where because
therefore theorem proof lemma equation integral theory electron proton molecule enzyme protein
genome planet gravity orbit entropy energy velocity temperature pressure experiment hypothesis
measurement variable algorithm function vector matrix probability statistic distribution sample
population estimate error reaction catalyst solution crystal spectrum wavelength frequency telescope
microscope laboratory observe predict derive compute simulate converge oscillate ionise evaporate"""
_VIETNAMESE = """là là và và của của một được trong các có này đã người những với cho khi không
nhiều nước sông núi rừng làng chợ nhà vườn bếp cửa sáng tối mùa đông hè xuân thu trời mưa gió mây
đồng ruộng lúa nông dân trâu bò gà vịt thuyền biển đảo bắc nam miền thành phố đường cầu trường thầy
cô học sinh sách thư giấy chuyện lịch sử tiếng nhạc bài hát múa màu vàng xanh nâu hẹp rộng cổ mới
đơn giản yên tĩnh nặng nhẹ mạnh nhỏ lớn sớm muộn chậm nhanh thường luôn mang đem nhìn đi bộ dạy viết
đọc xây mở đóng nhớ về theo qua leo trồng gặt sửa đo đếm kể cha mẹ anh chị em bạn khách buôn thợ"""
WORDS = {"en": _ENGLISH.split(), "science": _SCIENCE.split(), "vi": _VIETNAMESE.split()}


def article(seed: int, num_lines: int = 14, num_words: int = 16, words: str = "en") -> str:
    """Lines of a sentence each, from one of WORDS."""
    rng = random.Random(f"{words} {seed}")
    lines = (" ".join(rng.choices(WORDS[words], k=num_words)) for _ in range(num_lines))
    return "\n".join(f"{line.capitalize()}." for line in lines)


def near_copy(text: str) -> str:
    """With one word more at its end: of n shingles all are the same, of n + 1 one is new."""
    return f"{text[:-1]} gladly."


def write_warc(path: Path, pages: Pages) -> None:
    """Write texts as a crawl's responses, a member each, and the requests that a crawl stores."""
    records = [warc_record("warcinfo", "", b"software: none\r\n")]
    for url, text in pages:
        records.append(warc_record("request", url, b"GET / HTTP/1.1\r\n\r\n"))
        records.append(response(url, _html(text)))
    _write(path, records)


def write_wet(path: Path, pages: Pages) -> None:
    """Write texts as Common Crawl's, a member each."""
    records = [warc_record("warcinfo", "", b"software: none\r\n")]
    records += [warc_record("conversion", url, text.encode()) for url, text in pages]
    _write(path, records)


def _html(text: str) -> bytes:
    """The text as a web page, a paragraph a line, between a menu and a footer."""
    paragraphs = "\n".join(f"<p>{line}</p>" for line in text.split("\n"))
    return (
        "<!DOCTYPE html><html><head><meta charset='utf-8'><title>Notes</title></head><body>"
        "<nav><ul><li><a href='/'>Home</a></li><li><a href='/a'>About</a></li></ul></nav>"
        f"<main><article>{paragraphs}</article></main>"
        "<footer><p><a href='/p'>Imprint</a></p></footer></body></html>"
    ).encode()


def _write(path: Path, records: list[bytes]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(map(gzipped, records)))
