"""How pages that are about to be extracted are named, to who looks for one that kills."""

from source_files import response

from haybale.pipeline.build import build
from haybale.pipeline.isolation.guard import Guard, Span, guarded_by
from haybale.pipeline.progress import Progress

RECIPE = """
name = "pages"
subsets = [{ name = "web", paths = ["*.warc"] }]
ingest = { identify_language = false, count_people = false }
tokenizer = { train = { vocabulary_size = 265 } }
"""


def test_a_page_is_named_by_its_file(tmp_path):
    """The error of too many that kill says to leave out the file that it names."""
    for name, num_pages in {"a": 2, "b": 1}.items():
        pages = (response(f"http://{name}/{at}", b"<p>hay</p>") for at in range(num_pages))
        (tmp_path / f"{name}.warc").write_bytes(b"".join(pages))
    (tmp_path / "recipe.toml").write_text(RECIPE)
    told = []
    with guarded_by(Guard(note=told.append)):
        output, quiet = str(tmp_path / "out"), Progress(quiet=True)
        build(tmp_path / "recipe.toml", output, last_stage="ingest", progress=quiet)
    pages = [span for span in told if span is not None and span.place.startswith("pages")]
    assert pages == [
        Span("pages of a.warc", 1, 2),
        Span("pages of a.warc", 2, 3),
        Span("pages of b.warc", 3, 4),
    ]
