"""Documents that are not in the shards as they should be."""

from forged_corpora import forge_rows, forge_shard

SHARD = "shards/train/web/00000.arrow"
PART = "documents/web/00000.arrow"


def test_tokens_of_another_text_are_found_by_the_sample_and_in_full(corpus, problems):
    def change(documents):
        (one, tokens), (two, others), *rest = documents
        return [(one, others), (two, tokens), *rest]

    forge_shard(corpus, SHARD, change)
    for full in (False, True):
        found = [line for line in problems(corpus, full=full) if "of another text" in line]
        assert len(found) == 2
        assert all(f"{SHARD}: document" in line for line in found)


def test_a_text_that_was_changed_is_found(corpus, problems):
    def change(rows):
        rows[0]["text"] += " more"
        return rows

    forge_rows(corpus, PART, change)
    for full in (False, True):
        (line,) = problems(corpus, full=full)
        assert "tokens are not the" in line


def test_a_document_that_is_missing_in_the_shards_is_named(corpus, problems):
    gone = []

    def change(documents):
        gone.append(documents[2][0].hex())
        return documents[:2] + documents[3:]

    forge_shard(corpus, SHARD, change)
    missing = [line for line in problems(corpus, full=True) if "is in no shard" in line]
    assert len(missing) == 1
    assert f"document {gone[0]} was not removed" in missing[0]
    assert "documents/web/0000" in missing[0]


def test_a_document_that_is_in_a_shard_twice_is_named(corpus, problems):
    twice = []

    def change(documents):
        twice.append(documents[1][0].hex())
        return [*documents[:2], documents[1], *documents[2:]]

    forge_shard(corpus, SHARD, change)
    (line,) = (line for line in problems(corpus, full=True) if "stands where" in line)
    assert f"{SHARD}: document {twice[0]} stands where no surviving document does" in line


def test_a_document_behind_the_last_that_should_be_there_is_named(corpus, problems):
    last = sorted((corpus / "shards/train/web").iterdir())[-1].relative_to(corpus)
    forge_shard(corpus, str(last), lambda documents: [*documents, (b"x" * 16, [5, 2])])
    (line,) = (line for line in problems(corpus, full=True) if "stands where" in line)
    assert f"{last}: document {(b'x' * 16).hex()} stands where" in line


def test_a_removed_document_that_is_in_a_shard_is_named(corpus, problems):
    removal = {}

    def keep(rows):
        removal.update(rows[0])
        return rows

    forge_rows(corpus, "dedup/removals/web/00001.arrow", keep)

    def remove(rows):
        return [*rows, {**removal, "row": 0}]

    forge_rows(corpus, "dedup/removals/web/00000.arrow", remove)
    (line,) = (line for line in problems(corpus, full=True) if "stands where" in line)
    assert "shards/" in line
    (line,) = problems(corpus)  # the sample holds all 60
    assert "was removed from web/00000, and is in the shard" in line
