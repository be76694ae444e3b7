import pytest

from haybale.scaling.runs import RunsError
from haybale.scaling.runs_file import read_runs


@pytest.fixture
def written(tmp_path):
    def write(text):
        path = tmp_path / "runs.csv"
        path.write_text(text)
        return path

    return write


def test_flops_stand_for_tokens(written):
    # 6e18 / (6 x 1e8) = 1e10.
    runs = read_runs(written("params,flops,loss\n1e8,6e18,3.0\n"))
    assert runs.tokens.tolist() == [1e10]
    assert runs.flops.tolist() == [6e18]


def test_where_both_are_given_tokens_count(written):
    # 6 x 1e8 x 1e10 = 6e18; a full count may be 10 % above it.
    runs = read_runs(written("params,tokens,flops,loss\n1e8,1e10,6.6e18,3.0\n"))
    assert runs.flops.tolist() == [6e18]


def test_other_columns_spaces_and_a_byte_order_mark_do_not_matter(written):
    runs = read_runs(written("\ufeffname, params, tokens, loss\na, 1e8, 1e10, 3.0\n"))
    assert (runs.parameters.tolist(), runs.losses.tolist()) == ([1e8], [3.0])


def test_the_last_point_of_a_curve_is_its_run_whatever_the_order_of_rows(written):
    text = "run,params,tokens,loss\nb,2e8,1e9,4.0\na,1e8,3e9,3.0\na,1e8,1e9,5.0\na,1e8,2e9,3.5\n"
    runs = read_runs(written(text))
    assert runs.parameters.tolist() == [1e8, 2e8]
    assert runs.tokens.tolist() == [3e9, 1e9]
    assert runs.losses.tolist() == [3.0, 4.0]
    assert runs.curves[0].losses.tolist() == [5.0, 3.5, 3.0]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("params,tokens\n1,1\n", "no column 'loss'; its header has params, tokens"),
        ("tokens,loss\n1,1\n", "no column 'params'"),
        ("params,loss\n1,1\n", "no column 'tokens' or 'flops'"),
        ("", "no column 'params'; its header has nothing"),
        ("params,tokens,loss\n", "no rows"),
        ("params,tokens,loss\n1,1,1\n1,abc,1\n", "line 3: tokens is 'abc'; expected a number"),
        ("params,tokens,loss\n1,1,\n", "line 2: loss is ''; expected a number above 0"),
        ("params,tokens,loss\n1,1\n", "line 2: loss is ''; expected a number above 0"),
        ("params,tokens,loss\n0,1,1\n", "line 2: params is 0; expected a number above 0"),
        ("params,tokens,loss\n1,-2,1\n", "line 2: tokens is -2; expected a number above 0"),
        ("params,tokens,loss\n1,1,nan\n", "line 2: loss is nan; expected a number above 0"),
        ("params,tokens,loss\n1,inf,1\n", "line 2: tokens is inf; expected a number above 0"),
        ("params,tokens,flops,loss\n1e8,1e10,2e18,3\n", "flops is 2e+18, but 6 x params x tokens"),
        ("run,params,tokens,loss\na,1,1,1\na,2,2,1\n", "run 'a' has params 1 and 2"),
        ("run,params,tokens,loss\na,1,1,1\na,1,1,2\n", "run 'a' has two rows at 1 tokens"),
        ("run,params,tokens,loss\n,1,1,1\n", "a row has no value for run"),
    ],
)
def test_what_cannot_be_read_is_told_in_one_line(written, text, message):
    with pytest.raises(RunsError) as told:
        read_runs(written(text))
    assert message in str(told.value)
    assert "runs.csv" in str(told.value)
    assert "\n" not in str(told.value)


def test_a_file_that_is_no_text_is_refused(tmp_path):
    path = tmp_path / "runs.csv"
    path.write_bytes(b"params,tokens,loss\n\xff\xfe,1,1\n")
    with pytest.raises(RunsError, match="not a CSV file"):
        read_runs(path)
