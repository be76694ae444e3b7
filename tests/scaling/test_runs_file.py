import time

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
        ("params,tokens\n1e8,1e9\n", "no column 'loss'; its header has params, tokens"),
        ("tokens,loss\n1,1\n", "no column 'params'"),
        ("run_id,params,tokens,loss\na,1,1,1\n", "no column 'run', but 'run_id'; name it 'run'"),
        (
            ",".join(f"c{i}" for i in range(400)) + "\n",
            "has c0, c1, c2, c3, c4, c5, c6, c7, c8, c9, ",
        ),
        (",".join(f"c{i}" for i in range(400)) + "\n", "c10, c11 and 388 more"),
        ("params,loss\n1,1\n", "no column 'tokens' or 'flops'"),
        ("", "no column 'params'; its header has nothing"),
        ("params,tokens,loss\n", "no rows"),
        (
            "params,tokens,loss\n1e8,1e9,3\n1e8,abc,3\n",
            "line 3: tokens is 'abc'; expected a number",
        ),
        (
            "params,tokens,loss\n1e8,1e9,\n",
            "line 2: loss is ''; expected a number from 0.001 to 1000",
        ),
        ("params,tokens,loss\n1e8,1e9\n", "line 2: loss is ''; expected a number"),
        ("params,tokens,loss\n0,1e9,3\n", "line 2: params is '0'; expected a number from 1000"),
        (
            "params,tokens,loss\n0.4,1e9,3\n",
            "params is '0.4'; expected a number from 1000 to 1e+20 (a",
        ),
        ("params,tokens,loss\n1e300,1e9,3\n", "params is '1e300'; expected a number from 1000 to"),
        ("params,tokens,loss\n1e8,-2,3\n", "line 2: tokens is '-2'; expected a number from 1 to"),
        ("params,tokens,loss\n1e8,0,11\n", "rows before the first step are to be left out"),
        (
            "params,tokens,loss\n1e8,1e9,nan\n",
            "loss is 'nan'; expected a number from 0.001 to 1000",
        ),
        (
            "params,tokens,loss\n1e8,1e9,2e3\n",
            "loss is '2e3'; expected a number from 0.001 to 1000 (nats",
        ),
        ("params,tokens,loss\n1e8,inf,3\n", "line 2: tokens is 'inf'; expected a number"),
        ("params,tokens,loss\n1e8,8,3\n", "8 tokens for 1e+08 params; expected counts of both"),
        ("params,tokens,loss\n1,000,000,1e9,3\n", "line 2: more values than the 3 columns"),
        ("params,tokens,loss,loss\n1e8,1e9,3,4\n", "two columns 'loss'; expected one"),
        (
            "params,flops,loss\n1e8,1e-320,3\n",
            "line 2: flops is '1e-320'; expected a number from 1",
        ),
        ("params,tokens,flops,loss\n1e8,1e10,2e18,3\n", "flops is 2e+18, but 6 x params x tokens"),
        (
            "run,params,tokens,loss\na,1e8,1e9,3\na,2e8,2e9,3\n",
            "has params 100000000 and 200000000",
        ),
        ("run,params,tokens,loss\na,1e8,1e9,3\na,1e8,1e9,4\n", "has two rows at 1000000000 tokens"),
        ("run,params,tokens,loss\n,1e8,1e9,3\n", "a row has no value for run"),
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


@pytest.mark.parametrize(("flops", "read"), [(7.19e18, True), (7.21e18, False)])
def test_flops_may_be_a_fifth_off_six_per_parameter_and_token(written, flops, read):
    # 6 x 1e8 x 1e10 = 6e18; a fifth more are 7.2e18.
    path = written(f"params,tokens,flops,loss\n1e8,1e10,{flops},3.0\n")
    if read:
        assert len(read_runs(path)) == 1
    else:
        with pytest.raises(RunsError, match="within 20%"):
            read_runs(path)


def test_time_grows_with_the_rows_not_with_rows_times_runs(written):
    # Were all rows looked through for each of 12,000 runs, this would be 288 million looks.
    rows = (f"r{run},1e8,{1e9 * point},3" for run in range(12_000) for point in (1, 2))
    path = written("\n".join(["run,params,tokens,loss", *rows]) + "\n")
    start = time.process_time()
    assert len(read_runs(path)) == 12_000
    assert time.process_time() - start < 3
