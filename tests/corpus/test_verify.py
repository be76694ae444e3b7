"""What a verification says it did; what it finds is tested kind by kind in `verification/`."""

import subprocess
import sys
from pathlib import Path

from haybale.corpus.manifest import read_manifest
from haybale.corpus.storage import Folder
from haybale.corpus.verify import verify_corpus
from haybale.tokenization.tokenizer import read_tokenizer

GOLDEN = Path(__file__).parents[1] / "golden" / "corpus-v1"


def test_a_quick_verification_hashes_what_training_reads_and_says_what_it_left_out(built):
    folder, read = Folder(str(built)), []
    result = verify_corpus(
        folder, tokenizer=read_tokenizer, progress=lambda path, count: read.append((path, count))
    )
    assert result.problems == ()
    hashed = {path for path, _ in read}
    assert {path for path in folder.list() if path.startswith(("shards/", "lookup/"))} <= hashed
    assert "tokenizer/tokenizer.model" in hashed
    assert not any(path.startswith(("documents/", "measures/")) for path in hashed)
    assert result.hashed_bytes == sum(count for _, count in read) < result.num_bytes
    (left_out,) = result.not_checked
    assert f"{result.num_files - result.num_hashed} files in documents/" in left_out
    # 20 + 20 + 20 and two copies, which are not in the shards; 60 are fewer than a sample.
    assert result.documents == result.compared_documents == result.exact_documents == 60


def test_a_full_verification_leaves_nothing_out(built):
    result = verify_corpus(Folder(str(built)), full=True, tokenizer=read_tokenizer)
    assert result.problems == result.not_checked == ()
    assert result.num_hashed == result.num_files
    assert result.hashed_bytes == result.num_bytes
    assert result.compared_documents == 60


def test_without_a_tokenizer_or_an_index_of_documents_it_says_so(built):
    result = verify_corpus(Folder(str(built)), full=True)
    assert result.not_checked == ("tokens against texts: no tokenizer was given",)
    assert result.compared_documents == 0
    result = verify_corpus(Folder(str(GOLDEN)), full=True, tokenizer=read_tokenizer)
    assert result.problems == ()
    assert result.not_checked == ("lookup/: an earlier release made this corpus, without one",)
    assert result.compared_documents == 3


def test_only_the_first_problems_of_a_kind_are_listed(corpus):
    names = [file.path for file in read_manifest(Folder(str(corpus))).files]
    for name in names:
        (corpus / name).unlink()
    problems = verify_corpus(Folder(str(corpus))).problems
    assert len(problems) == 21
    assert f"{len(names) - 20} more files that are not what the manifest says" in problems[-1]


def test_it_needs_no_sentencepiece():
    code = "import sys, haybale.corpus.verify; print('sentencepiece' in sys.modules)"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout == "False\n"
