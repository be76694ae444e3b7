import pytest

from haybale.corpus.errors import RecipeError
from haybale.corpus.places import place_of
from haybale.corpus.recipe import read_recipe
from haybale.corpus.secrets import credentials_in, redacted

SECRET = "pLaNtEd/SeCrEt+1"
WITH_SECRETS = [
    f"s3://AKIA123:{SECRET}@bucket/a",
    f"s3://bucket/a?access_key=AKIA123&secret_key={SECRET}",
    f"s3://bucket/a?session_token={SECRET}",
    f"https://user:{SECRET}@host/a",
    f"https://{SECRET.replace('/', '')}@host/a",
    f"s3://bucket/a?endpoint_override=minioadmin:{SECRET}@store:9000",
    f"https://host/a?X-Amz-Credential=A&X-Amz-Signature={SECRET}",
    f"https://host/a?X-Goog-Signature={SECRET}",
    f"https://account.example/a?sv=2024&sig={SECRET}",
    f"sftp://user:{SECRET}@host/a",
    f"abfs://container:{SECRET}@account.dfs.core.windows.net/a",
    "https://pLaNtEd@account.dfs.core.windows.net/a",
]


@pytest.mark.parametrize("uri", WITH_SECRETS)
def test_a_uri_with_a_secret_is_refused_and_shown_without_it(uri):
    assert credentials_in(uri)
    assert "pLaNtEd" not in redacted(f"could not open '{uri}' now")
    assert "could not open" in redacted(f"could not open '{uri}' now")
    with pytest.raises(RecipeError, match="give credentials in the environment") as caught:
        place_of(uri)
    assert "pLaNtEd" not in str(caught.value)


def test_a_secret_that_lost_its_at_sign_is_refused_too():
    with pytest.raises(RecipeError, match="a colon before the first /"):
        place_of("s3://AKIA123:secret/bucket")


@pytest.mark.parametrize(
    "text",
    [
        "s3://bucket/a@b/c",
        "gs://anonymous@bucket/a",
        "http://localhost:9000/a@b",
        "https://host/a?page=2&tokens=5",
        "me@example.org: no URI at all, secret_key=none",
        "s3://bucket/a?endpoint_override=localhost:9000&region=x",
        "abfs://container@account.dfs.core.windows.net/a",
        "abfss://$web@account.blob.core.windows.net/a",
        "hf://datasets/org/name@refs/convert/parquet/a",
        "webhdfs://host:9870/a@b",
    ],
)
def test_what_holds_no_secret_stays_as_it_is(text):
    assert credentials_in(text) is None
    assert redacted(text) == text


@pytest.mark.parametrize(
    "name",
    [
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "HF_TOKEN",
        "AZURE_STORAGE_ACCOUNT_KEY",
        "AZURE_STORAGE_CONNECTION_STRING",
        "AZURE_CLIENT_SECRET",
        "FSSPEC_SFTP_PASSWORD",
    ],
)
def test_secrets_of_the_environment_leave_no_message(name, monkeypatch):
    monkeypatch.setenv(name, SECRET)
    assert redacted(f"the server said {SECRET}!") == "the server said ***!"


def test_a_word_that_stands_for_a_secret_is_not_cut_out_of_messages(monkeypatch):
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "test")
    assert redacted("the latest test failed") == "the latest test failed"
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "eight888")  # the shortest that MinIO takes
    assert redacted("the server said eight888!") == "the server said ***!"


def test_a_recipe_with_a_secret_is_refused_before_it_can_be_stored(tmp_path):
    recipe = tmp_path / "recipe.toml"
    recipe.write_text('[[subsets]]\nname = "web"\npaths = ["data/*.jsonl"]\n')
    read_recipe(recipe)
    with pytest.raises(RecipeError, match=r"subsets\[0\]\.paths\[0\]: s3://\*\*\*@") as caught:
        read_recipe(recipe, [f'subsets.web.paths=["s3://AKIA:{SECRET}@bucket/a"]'])
    assert "pLaNtEd" not in str(caught.value)
