"""How often a store is asked for the records of a step's units: requests cost time and money."""

import pytest

from haybale.corpus.local_store import LocalStore
from haybale.corpus.storage import Folder
from haybale.pipeline.units.steps import Step, UnitResult, do_unit, finish, finished_units

STEP = Step("ingest", "fingerprint")


@pytest.fixture
def requests(monkeypatch):
    """Names of the files that a store was asked for, a name for each request."""
    seen = []

    def counted(name):
        ask = getattr(LocalStore, name)

        def asked(self, path):
            seen.append(path.rpartition("/")[2])
            return ask(self, path)

        monkeypatch.setattr(LocalStore, name, asked)

    for name in ("stat", "open_input"):  # a size is asked for by `stat`
        counted(name)
    return seen


def test_a_unit_is_asked_for_once_whether_it_is_done_or_not(tmp_path, requests):
    folder = Folder(tmp_path)
    do_unit(folder, STEP, "a", UnitResult)
    assert requests.count("a.json") == 1
    assert do_unit(folder, STEP, "a", lambda: pytest.fail("is done")) is not None
    assert requests.count("a.json") == 2


def test_a_step_that_ends_asks_once_for_each_of_its_units(tmp_path, requests):
    folder, names = Folder(tmp_path), [f"{number}" for number in range(20)]
    for name in names:
        do_unit(folder, STEP, name, UnitResult)
    requests.clear()
    finish(folder, STEP, len(names))
    assert sorted(requests) == sorted(f"{name}.json" for name in names)
    requests.clear()
    assert len(finished_units(folder, STEP)) == len(names)
    assert len(requests) == len(names)
