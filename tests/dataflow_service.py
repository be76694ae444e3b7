"""Plays the Dataflow service on this computer: takes jobs, and says that they are done."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from apache_beam.io.gcp import gcsio
from apache_beam.runners.dataflow.internal import apiclient

DONE = {"id": "job-1", "currentState": "JOB_STATE_DONE", "type": "JOB_TYPE_BATCH"}


@dataclass
class Service:
    """What was sent.

    Attributes:
        endpoint: For `--dataflow_endpoint`.
        jobs: Requests to create a job.
        job_bytes: Their sizes.
        staged: Files sent along, by URI.
    """

    endpoint: str = ""
    jobs: list[dict[str, Any]] = field(default_factory=list)
    job_bytes: list[int] = field(default_factory=list)
    staged: dict[str, bytes] = field(default_factory=dict)


@contextlib.contextmanager
def serving(monkeypatch: pytest.MonkeyPatch, answer=DONE) -> Iterator[Service]:
    """A running service; Beam's client stages files with it and asks no other."""
    service = Service()

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            service.jobs.append(json.loads(body))
            service.job_bytes.append(len(body))
            self._answer(answer)

        def do_GET(self):
            self._answer({} if "messages" in self.path else DONE)

        def _answer(self, content):
            content = json.dumps(content).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_):
            pass

    def stage_file(_, folder, name, stream, *__, **___):
        content = stream if isinstance(stream, bytes) else stream.read()
        service.staged[f"{folder}/{name}"] = content

    client = apiclient.DataflowApplicationClient
    monkeypatch.setattr(client, "stage_file", stage_file)
    monkeypatch.setattr(gcsio.GcsIO, "is_soft_delete_enabled", lambda *_: False)
    monkeypatch.setattr(apiclient, "create_storage_client", lambda *_, **__: None)
    server = ThreadingHTTPServer(("localhost", 0), Handler)
    service.endpoint = f"http://localhost:{server.server_port}"
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield service
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
