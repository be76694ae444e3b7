"""Units that fail, processes that die, documents that crash what works on them."""

import contextlib
import re
import signal
from pathlib import Path
from types import SimpleNamespace

import pytest
from apache_beam.runners.runner import PipelineState
from faulty_units import NUM_ROWS, STEP, FaultyWorker, GuardedWorker, deaths, write_faults

from haybale.corpus.errors import CorruptInputError, HaybaleError
from haybale.corpus.storage import Folder
from haybale.pipeline.context import BuildContext
from haybale.pipeline.isolation import guarded, search
from haybale.pipeline.isolation.attempts import attempted
from haybale.pipeline.isolation.guarded import do_guarded
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine
from haybale.pipeline.units.attempt import attempt
from haybale.pipeline.units.drive import run_units
from haybale.pipeline.units.failures import MAX_FAILURES, Failure, raise_failures, report
from haybale.pipeline.units.pool import UnitPool
from haybale.pipeline.units.steps import finished_units

LOADED = SimpleNamespace(recipe=SimpleNamespace(name="faulty"))
TOTAL = NUM_ROWS * (NUM_ROWS - 1) // 2


class Lines(Progress):
    """Keeps what is said."""

    def __init__(self):
        super().__init__(quiet=True)
        self.said = []

    def line(self, text):
        self.said.append(text)


@pytest.fixture(scope="module", autouse=True)
def _importable():
    """Child processes can import the tests' own modules."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(Path(__file__).parents[1]))
        yield


@pytest.fixture
def output(tmp_path):
    return tmp_path / "out"


@pytest.fixture(scope="module")
def processes(_importable):
    """Two of them."""
    pool = UnitPool(2, Progress(quiet=True), isolated=True)
    yield pool
    pool.close()


@pytest.fixture(params=["driver", "pool"])
def run(request, output):
    """Runs a worker's units in the driver, or in two processes."""
    pool = request.getfixturevalue("processes") if request.param == "pool" else None

    def run(num_units, worker=FaultyWorker):
        folder = Folder(str(output))
        context = BuildContext(folder, LOADED, (), (), (), Engine(), Progress(quiet=True), pool)
        return run_units(context, worker(str(output), STEP), num_units, 0)

    return run


def test_what_fails_ends_the_build_and_lets_the_other_units_go_on(run, output):
    write_faults(output, {1: {"error": "disc 1 is gone"}, 4: {"error": "disc 2 is gone"}})
    with pytest.raises(HaybaleError) as raised:
        run(6)
    assert str(raised.value).splitlines() == [
        "faulty: 2 units failed; the others went on",
        "  faulty/001: disc 1 is gone",
        "  faulty/004: disc 2 is gone",
    ]
    assert sorted(finished_units(Folder(str(output)), STEP)) == ["000", "002", "003", "005"]


def test_a_single_failure_is_raised_as_it_is_and_a_later_run_goes_on(run, output):
    write_faults(output, {1: {"error": "disc 1 is gone"}})
    with pytest.raises(HaybaleError, match=r"^disc 1 is gone$"):
        run(3)
    write_faults(output, {})
    assert [result.facts["total"] for result in run(3).values()] == [TOTAL] * 3


def test_a_broken_setup_is_not_tried_at_every_unit(run, output):
    num_units = 3 * MAX_FAILURES
    write_faults(output, {unit: {"error": f"no {unit}"} for unit in range(num_units)})
    with pytest.raises(HaybaleError, match=r"units failed; no more were begun") as raised:
        run(num_units)
    assert MAX_FAILURES <= len(str(raised.value).splitlines()) - 1 <= MAX_FAILURES + 2


def test_equal_failures_are_named_once_and_an_errors_class_is_kept(tmp_path):
    folder = Folder(str(tmp_path))
    for unit in ("a", "b"):
        report(folder, Failure.of(CorruptInputError("x.jsonl", 3, "cut off"), unit))
    with pytest.raises(CorruptInputError, match=r"^x.jsonl: cut off \(at 3\)$"):
        raise_failures(folder, "step")
    raise_failures(folder, "step")  # they are raised once


def test_an_unexpected_exception_is_named_and_leaves_its_trace(tmp_path):
    folder = Folder(str(tmp_path))
    report(folder, Failure.of(KeyError("name"), "a"))
    with pytest.raises(HaybaleError, match=r"^unexpected KeyError: 'name'") as raised:
        raise_failures(folder, "step")
    assert "KeyError" in raised.value.__notes__[0]


@pytest.mark.parametrize("error", [OSError, HaybaleError, ValueError])
def test_a_report_holds_no_secret(tmp_path, error):
    folder, secret = Folder(str(tmp_path)), "pLaNtEd/SeCrEt+1"
    try:
        raise error(f"no access to s3://AKIA1:{secret}@bucket/a")
    except error as raised:
        report(folder, Failure.of(raised, "a"))
    written = "".join(path.read_text() for path in tmp_path.rglob("*.json"))
    assert "no access to s3://***@bucket/a" in written
    assert secret not in written


@pytest.mark.parametrize(
    ("num_done", "state", "found"),
    [
        (3, PipelineState.CANCELLED, "faulty: the engine ended the job as CANCELLED, not as DONE;"),
        (2, PipelineState.DONE, "faulty: the engine ended with 2 of 3 units done and reported no"),
    ],
)
def test_a_job_that_ends_before_its_work_does_can_be_gone_on_with(
    output, monkeypatch, num_done, state, found
):
    write_faults(output, {})
    engine, worker = Engine(), FaultyWorker(str(output), STEP)
    context = BuildContext(Folder(str(output)), LOADED, (), (), (), engine, Progress(quiet=True))

    def ends_early(self, *args, **kwargs):
        for unit in range(num_done):
            attempt(worker, unit)
        self.result = SimpleNamespace(state=state, metrics=lambda: 0)

    with monkeypatch.context() as patch:
        patch.setattr("apache_beam.Pipeline.__exit__", ends_early)
        worker.load()
        with pytest.raises(HaybaleError, match=f"^{found}"):
            run_units(context, worker, 3, 0)
    results = run_units(context, FaultyWorker(str(output), STEP), 3, 0)
    assert [result.facts["total"] for result in results.values()] == [TOTAL] * 3


def killed_pool(output, worker, faults, num_units=4):
    write_faults(output, faults)
    progress = Lines()
    pool = UnitPool(2, progress, isolated=True)
    context = BuildContext(Folder(str(output)), LOADED, (), (), (), Engine(), progress, pool)
    try:
        return run_units(context, worker(str(output), STEP), num_units, 0), progress.said
    finally:
        pool.close()


@pytest.mark.slow
def test_a_process_that_dies_is_replaced_and_its_unit_done(output):
    faults = {1: {"signal": signal.SIGKILL, "times": 2}, 2: {"signal": signal.SIGSEGV, "times": 1}}
    results, said = killed_pool(output, FaultyWorker, faults)
    assert [result.facts["total"] for result in results.values()] == [TOTAL] * 4
    assert len(deaths(output, 1)) == 2
    warned = [re.sub(r"process \d+", "process N", line) for line in said]
    assert sorted(line for line in warned if line.startswith("warning")) == [
        "warning: process N died of SIGKILL at faulty/001",
        "warning: process N died of SIGKILL at faulty/001",
        "warning: process N died of SIGSEGV at faulty/002",
    ]


@pytest.mark.slow
def test_a_unit_that_kills_every_process_is_named_and_the_others_are_done(output):
    faults = {1: {"signal": signal.SIGKILL, "times": 9}}
    with pytest.raises(HaybaleError, match=r"3 processes died at faulty/001, the last died of SIG"):
        killed_pool(output, FaultyWorker, faults)
    assert sorted(finished_units(Folder(str(output)), STEP)) == ["000", "002", "003"]


@pytest.mark.slow
def test_a_document_that_kills_its_process_is_left_out_and_the_rest_is_done(output):
    faults = {1: {"signal": signal.SIGSEGV, "row": 13}}
    results, _ = killed_pool(output, GuardedWorker, faults, 2)
    assert results["001"].facts["crashed"] == {"13": "died of SIGSEGV"}
    assert results["001"].facts["total"] == TOTAL - 13
    assert results["000"].facts["total"] == TOTAL
    assert not Folder(str(output)).list("run/attempts")


@pytest.mark.slow
def test_a_document_is_not_left_out_where_the_system_killed(output):
    faults = {1: {"signal": signal.SIGKILL, "row": 13}}
    found = r"2 processes died of SIGKILL at batch, document 13; the system kills so when memory"
    with pytest.raises(HaybaleError, match=found):
        killed_pool(output, GuardedWorker, faults, 2)


@pytest.mark.slow
def test_a_process_that_dies_in_the_middle_of_sending_is_followed_by_another(output):
    write_faults(output, {0: {"half_sent": 1}})
    with time_limit(60):  # half a message that is waited for has no other end
        result = do_guarded(GuardedWorker(str(output), STEP), 0)
    assert result.facts["total"] == TOTAL
    assert len(deaths(output, 0)) == 1


@pytest.mark.slow
def test_a_search_says_when_it_begins_finds_and_ends(output):
    _, said = killed_pool(output, GuardedWorker, {1: {"signal": signal.SIGSEGV, "row": 13}}, 2)
    assert [line for line in said if line.startswith("warning: faulty/001: ")] == [
        "warning: faulty/001: was begun and not ended; looking for a document that kills",
        "warning: faulty/001: left out: processes died of SIGSEGV at batch, document 13",
        "warning: faulty/001: done; one document left out",
    ]


@pytest.mark.slow
def test_what_an_interrupted_build_was_at_is_not_searched_when_it_goes_on(output):
    """But a unit that was being searched is."""
    folder = Folder(str(output))
    write_faults(output, {unit: {"row": 13} for unit in range(2)})  # both go on for ever
    folder.commit_bytes("run/attempts/faulty/001", b"begun\n")
    progress = Lines()
    pool = UnitPool(2, progress, isolated=True)

    def interrupt(*_):
        if len(folder.list("run/attempts")) == 2 and any("begun" in line for line in progress.said):
            signal.setitimer(signal.ITIMER_REAL, 0)
            raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.setitimer(signal.ITIMER_REAL, 0.2, 0.2)
    try:
        with pytest.raises(KeyboardInterrupt):
            pool.run(GuardedWorker(str(output), STEP), 2)
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
        pool.close()
    assert folder.list("run/attempts") == ["run/attempts/faulty/001"]


@pytest.mark.slow
def test_a_search_that_finds_document_after_document_is_given_up(output, monkeypatch):
    monkeypatch.setattr(search, "MAX_CULPRITS", 2)
    write_faults(output, {0: {"signal": signal.SIGSEGV, "rows": [3, 4, 5]}})
    found = r"^faulty/000: processes die at 2 documents or more, the last died of SIGSEGV at batch"
    with pytest.raises(HaybaleError, match=found):
        do_guarded(GuardedWorker(str(output), STEP), 0)


@pytest.mark.slow
def test_a_step_of_fewer_units_than_processes_outlives_a_death(output):
    pool = UnitPool(2, Lines(), isolated=True)
    try:
        write_faults(output, {})
        pool.run(FaultyWorker(str(output), STEP), 2)  # two processes live from here on
        Folder(str(output)).remove("run/faulty")
        write_faults(output, {0: {"signal": signal.SIGKILL, "times": 1}})
        with time_limit(60):
            pool.run(FaultyWorker(str(output), STEP), 1)
    finally:
        pool.close()
    assert sorted(finished_units(Folder(str(output)), STEP)) == ["000"]


@contextlib.contextmanager
def time_limit(seconds):
    def late(*_):
        pytest.fail(f"took more than {seconds} seconds")

    signal.signal(signal.SIGALRM, late)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)


@pytest.mark.slow
def test_a_document_without_an_end_is_left_out(output, monkeypatch):
    monkeypatch.setattr(guarded, "MAX_CPU_SECONDS", 0.5)
    write_faults(output, {0: {"row": 19}})
    result = do_guarded(GuardedWorker(str(output), STEP), 0)
    assert result.facts["crashed"] == {"19": "died of SIGPROF"}


@pytest.mark.slow
def test_a_process_of_the_pool_computes_with_one_thread(output):
    """Python's and those of Beam's imports aside, nothing computes beside the main thread."""
    results, _ = killed_pool(output, FaultyWorker, {}, 2)
    assert [result.facts["python_threads"] for result in results.values()] == [1, 1]


def test_a_mark_is_left_by_who_died_and_by_nobody_else(tmp_path):
    folder = Folder(str(tmp_path))
    with attempted(folder, STEP, "web/00001") as died:
        assert not died
        assert folder.list("run/attempts") == ["run/attempts/faulty/web/00001"]
    assert not folder.list("run/attempts")
    with pytest.raises(KeyError), attempted(folder, STEP, "a"):
        raise KeyError
    folder.commit_bytes("run/attempts/faulty/a", b"")
    with attempted(folder, STEP, "a") as died:
        assert died
