"""One build for all levels: with every stage, by what Dataflow would get."""

import socket
from dataclasses import dataclass
from pathlib import Path

import pytest
from dataflow_here import OPTIONS, DataflowHere, Translated, write_again, write_everything

from haybale.pipeline.build import build
from haybale.pipeline.jobs import exact_passes, families, survivors
from haybale.pipeline.progress import Progress

QUIET = Progress(quiet=True)


@dataclass(frozen=True)
class TranslatedBuild:
    """What was built in the usual way, and what came of the translated steps."""

    expected: tuple[Path, Path]
    found: tuple[Path, Path]
    steps: list[Translated]


@pytest.fixture(scope="session")
def translated(tmp_path_factory, prose):
    """Two builds, the second of the first one's lists, each here and by translated steps."""
    folder = tmp_path_factory.mktemp("dataflow")
    recipe = write_everything(folder, prose)
    engine = DataflowHere(1, OPTIONS)
    build(recipe, str(folder / "first"), progress=QUIET)
    again = write_again(folder, folder / "first")
    build(again, str(folder / "second"), progress=QUIET)
    with pytest.MonkeyPatch.context() as patch:
        # Or else the driver finds survivors and families by itself, there being so few documents.
        patch.setattr(survivors, "fits_driver", lambda *_: False)
        patch.setattr(families, "fits_driver", lambda *_: False)
        # Or else one pass finds all twins, and no part has to gather them.
        patch.setattr(exact_passes, "passes_of", lambda *_: 2)
        patch.setattr(socket, "getaddrinfo", refuse)
        build(recipe, str(folder / "first-here"), engine=engine, progress=QUIET)
        build(again, str(folder / "second-here"), engine=engine, progress=QUIET)
    expected, found = ("first", "second"), ("first-here", "second-here")
    return TranslatedBuild(
        tuple(folder / name for name in expected),
        tuple(folder / name for name in found),
        engine.found,
    )


def refuse(host, *_, **__):
    """In place of `socket.getaddrinfo`."""
    raise AssertionError(f"the network was asked for {host}")
