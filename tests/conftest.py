"""What holds for all tests."""

import signal

import pytest
from hypothesis import settings

# Shells that start tests in the background have them ignore Ctrl-C, and all that tests start.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

# How long an example takes says nothing where cores are shared.
settings.register_profile("haybale", deadline=None)
settings.load_profile("haybale")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """One process gets all tests that share a fixture: those of a file, and those of Dataflow."""
    for item in items:
        folder = item.path.parent
        item.add_marker(
            pytest.mark.xdist_group(str(folder if folder.name == "dataflow" else item.path))
        )
