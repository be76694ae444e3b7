import re

import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.places import place_of
from haybale.corpus.storage import Folder


@pytest.mark.parametrize(
    ("uri", "scheme", "path", "options"),
    [
        ("/data/x", "file", "/data/x", {}),
        ("file:///data/a%20b", "file", "/data/a b", {}),
        ("s3://bucket/a", "s3", "bucket/a", {}),
        ("gcs://bucket/a/", "gs", "bucket/a", {}),
        ("s3://b/a?region=eu-west-1&anonymous=true", "s3", "b/a",
         {"anonymous": "true", "region": "eu-west-1"}),
        ("s3://b/a?endpoint_override=http://localhost:9000", "s3", "b/a",
         {"endpoint_override": "http://localhost:9000"}),
        ("gs://anonymous@b/a", "gs", "b/a", {"anonymous": "true"}),
        # Keys are written as they are: nothing of these is decoded, and ? is a wildcard.
        ("s3://b/a%20b+c d/é.jsonl", "s3", "b/a%20b+c d/é.jsonl", {}),
        ("s3://b/part-?.jsonl", "s3", "b/part-?.jsonl", {}),
        ("s3://b/part-?.jsonl?region=x", "s3", "b/part-?.jsonl", {"region": "x"}),
        ("s3://b/a@b", "s3", "b/a@b", {}),
        ("hf://datasets/org/name@main/a*/", "hf", "datasets/org/name@main/a*", {}),
        ("memory://a", "memory", "a", {}),
        ("hdfs:///user/a/", "hdfs", "/user/a", {}),  # no host is the default one
        ("hdfs://host:8020/user/a", "hdfs", "host:8020/user/a", {}),
        ("abfss://c@account.dfs.core.windows.net/a", "abfss",
         "c@account.dfs.core.windows.net/a", {}),
        ("https://host/a%20b.jsonl?z=1&a=", "https", "host/a%20b.jsonl", {"z": "1", "a": ""}),
    ],
)  # fmt: skip
def test_a_uri_names_a_store_a_key_and_how_to_reach_it(uri, scheme, path, options):
    place = place_of(uri)
    assert (place.scheme, place.path, dict(place.options)) == (scheme, path, options)
    assert place_of(place.uri) == place


@pytest.mark.parametrize(
    ("uri", "said"),
    [
        ("simplecache::s3://b/a", "chains of several are not read"),
        ("memory://a::s3://b/c", "chains of several are not read"),
        ("S4://b/a", "expected a scheme such as s3:// or hf://, found S4://"),
        ("hf:///", "expected a path after hf://"),
        ("hf://datasets/o/n?token_name=x", "expected no options, found '?token_name=x'"),
        ("https://h/part-?.jsonl", "is no wildcard there"),
        ("s3://", "expected a bucket"),
        ("s3://b/a?regoin=x", "unknown option 'regoin'"),
        ("gs://b/a?region=x", "unknown option 'region'"),
        ("s3://b/a?anonymous=yes", "expected true or false, found 'yes'"),
    ],
)
def test_a_uri_that_cannot_be_right_is_refused(uri, said):
    with pytest.raises(RecipeError, match=re.escape(said)):
        place_of(uri)


def test_a_query_of_the_web_is_kept_in_its_order():
    assert place_of("https://host/a?z=1&a=2").uri == "https://host/a?z=1&a=2"
    assert place_of("s3://b/a?region=x&anonymous=true").uri == "s3://b/a?anonymous=true&region=x"


def test_files_of_a_folder_are_named_without_its_options():
    folder = Folder("s3://bucket/out?region=x")
    assert folder.path("corpus.json") == "s3://bucket/out/corpus.json"
    assert Folder("s3://bucket/out").path("corpus.json") == "s3://bucket/out/corpus.json"
    assert Folder("out/").path("corpus.json") == "out/corpus.json"


def test_a_folder_by_a_file_uri_is_the_local_folder(tmp_path):
    Folder(f"file://{tmp_path}").commit_bytes("a", b"hay")
    assert (tmp_path / "a").read_bytes() == b"hay"
    assert Folder(f"file://{tmp_path}").path("a") == f"{tmp_path}/a"
