"""The lives of a tortured build: forks of the program, each begun with one fault or none."""

import contextlib
import os
import random
import resource
import signal
import time
import traceback
from dataclasses import dataclass, field
from pathlib import Path

from torture_build_faults import (
    IN_DRIVER,
    EventCounter,
    Fault,
    end_cut_writes,
    kill_worker_after,
    leave_remains,
    prepare_reading,
)

from haybale.corpus.errors import HaybaleError
from haybale.pipeline.build import build
from haybale.pipeline.engines import local_runner
from haybale.pipeline.progress import Progress
from haybale.pipeline.runners import Engine

DONE, FAILED, UNCLEAR, REFUSED = 0, 1, 2, 3
"""How a life ends that no signal ends; unclear: with an exception that is no error of ours."""
MAX_SECONDS = 900.0
"""Of a life; one that takes longer hangs."""


class Whereabouts(Progress):
    """Shows nothing, and leaves the name of the step that is being done in a file."""

    def __init__(self, path: Path) -> None:
        super().__init__(quiet=True)
        self._path = path

    @contextlib.contextmanager
    def watch(self, title, count=lambda: (0, 1)):  # type: ignore[no-untyped-def]
        self._path.write_text(title)
        with super().watch(title, count) as noted:
            yield noted


@dataclass
class TorturedBuild:
    """One output folder, and what is done to it.

    Attributes:
        recipe: To be built.
        folder: Holds the output, and beside it what lives leave behind.
        fired: Faults that took place: kind and stage.
    """

    recipe: Path
    folder: Path
    fired: list[tuple[str, str]] = field(default_factory=list)

    @property
    def output(self) -> Path:
        return self.folder / "out"

    def begin(self, fault: Fault | None, rng: random.Random) -> int:
        """Start a life, in a fork of this process; returns its process id."""
        (self.folder / "fired").unlink(missing_ok=True)
        child = os.fork()
        if child:
            return child
        os.setsid()
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        log = os.open(self.folder / "stderr", os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        code = UNCLEAR
        try:
            code = self._live(fault, rng)
        except BaseException:
            traceback.print_exc()
        finally:  # never back into the caller, whose folders are its own
            os._exit(code)

    def _live(self, fault: Fault | None, rng: random.Random) -> int:
        where = self.folder / "where"
        if not where.exists():
            where.write_text("start")

        def fired() -> None:
            (self.folder / "fired").write_text(where.read_text())

        engine = Engine()
        if fault is not None and fault.kind == "kill_worker":
            engine = Engine(2)
            local_runner.LIGHT_BYTES = -1
            kill_worker_after(fault.seconds, rng, fired)
        prepare_reading()
        in_driver = fault if fault is not None and fault.kind in IN_DRIVER else None
        counter = EventCounter(self.output, in_driver, fired)
        try:
            try:
                build(self.recipe, str(self.output), engine=engine, progress=Whereabouts(where))
            finally:
                end_cut_writes()  # or what follows could not be told
        except (HaybaleError, OSError) as error:
            print(f"{type(error).__name__}: {error}", flush=True)
            return REFUSED if "another build is at work" in str(error) else FAILED
        except Exception as error:
            print(f"unclear: {type(error).__name__}: {error}", flush=True)
            return UNCLEAR
        (self.folder / "events").write_text(str(counter.count))
        return DONE

    def end(self, child: int) -> int:
        """Wait for a life to end; returns its exit code, negative: its signal."""
        deadline = time.monotonic() + MAX_SECONDS
        while time.monotonic() < deadline:
            done, status = os.waitpid(child, os.WNOHANG)
            if done:
                return os.waitstatus_to_exitcode(status)
            time.sleep(0.01)
        os.killpg(child, signal.SIGKILL)
        os.waitpid(child, 0)
        raise AssertionError(f"a life took more than {MAX_SECONDS:.0f} s: it hangs")

    def live(self, fault: Fault | None, rng: random.Random) -> int:
        """A life from its start to its end; returns its exit code."""
        if fault is not None and fault.kind == "leftovers" and self.output.exists():
            leave_remains(self.output, rng)
            self.note("leftovers")
        child, rival = self.begin(fault, rng), None
        if fault is not None and fault.kind in ("kill_any_time", "rival"):
            time.sleep(fault.seconds)
            if os.waitpid(child, os.WNOHANG)[0]:
                return DONE if (self.output / "corpus.json").exists() else self.live(None, rng)
            if fault.kind == "rival":
                rival = self.end(self.begin(None, rng))
            else:
                self.note("kill_any_time")
                os.kill(child, signal.SIGKILL)
        code = self.end(child)
        if rival == REFUSED:
            self.note("rival")
        elif rival not in (None, DONE):
            # It may take the place of a build that died meanwhile, of its planted document.
            assert code < 0, f"a second build was not refused: {rival}"
        if fault is not None and (self.folder / "fired").exists():
            self.note(fault.kind)
        elif code < 0 and (fault is None or fault.kind != "kill_any_time"):
            self.note("planted_crash")
        return code

    def note(self, kind: str) -> None:
        """A fault took place, at the stage that the build is at."""
        where = self.folder / "fired"
        where = where if where.exists() else self.folder / "where"
        step = where.read_text() if where.exists() else "start"
        self.fired.append((kind, step.split("/")[0]))
