"""Who takes part in `loader.py`: processes that stand ready to run passes."""

import json
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass
class Contestant:
    """A process that stands ready to run passes; see `loader_pass.serve`."""

    name: str
    process: "subprocess.Popen[str]"
    version: str
    passes: list[str]

    @classmethod
    def start(cls, name: str, python: Path, folder: Path) -> "Contestant":
        script = Path(__file__).with_name(f"loader_{name}_peer.py")
        process = subprocess.Popen(
            [str(python), "-B", str(script), str(folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        hello = cls._answer(name, process)
        return cls(name, process, hello["version"], hello["passes"])

    @staticmethod
    def _answer(name: str, process: "subprocess.Popen[str]") -> dict[str, Any]:
        assert process.stdout is not None
        line = process.stdout.readline()
        if not line:
            raise SystemExit(f"{name} ended with {process.wait()}")
        answer: dict[str, Any] = json.loads(line)
        return answer

    def run(self, name: str, max_seconds: float) -> dict[str, Any]:
        assert self.process.stdin is not None
        self.process.stdin.write(json.dumps({"name": name, "max_seconds": max_seconds}) + "\n")
        self.process.stdin.flush()
        return self._answer(f"{self.name}, {name}", self.process)

    def stop(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)
