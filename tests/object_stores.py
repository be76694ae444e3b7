"""Real servers of object stores on the loopback, and proxies with faults in front of them."""

import contextlib
import json
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path

import fault_proxy

ACCESS_KEY, SECRET_KEY = "an-access-key", "planted/SeCrEt+of-S3"
"""What moto takes, as it takes any."""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running(command: list[str], port: int) -> Iterator[None]:
    """A server in a process of its own, once it listens on the port."""
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 30
        while True:
            try:
                socket.create_connection(("127.0.0.1", port), 1).close()
                break
            except OSError:
                if time.monotonic() > deadline or server.poll() is not None:
                    raise
                time.sleep(0.02)
        yield
    finally:
        server.kill()
        server.wait()


@contextlib.contextmanager
def s3_server() -> Iterator[int]:
    """The port of moto's S3 server, with an empty bucket called `bucket`."""
    port = free_port()
    command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
    with running(command, port):
        made = urllib.request.Request(f"http://127.0.0.1:{port}/bucket", method="PUT")
        urllib.request.urlopen(made).close()
        yield port


@contextlib.contextmanager
def gs_server() -> Iterator[int]:
    """The port of an emulator of Google Cloud Storage, with an empty bucket called `bucket`."""
    port = free_port()
    command = [str(Path(sys.executable).with_name("gcp-storage-emulator")), "start", "--quiet"]
    command += ["--host=127.0.0.1", f"--port={port}", "--in-memory", "--default-bucket=bucket"]
    with running(command, port):
        yield port


@contextlib.contextmanager
def faulty(
    upstream: int,
    one_in: int,
    seed: int = 0,
    secret: str = "",
    kinds: tuple[str, ...] = fault_proxy.KINDS,
) -> Iterator[int]:
    """The port of a proxy in front of a server, where one in so many requests fails; 0: none."""
    port = free_port()
    command = [sys.executable, fault_proxy.__file__, f"--port={port}", f"--upstream={upstream}"]
    command += [
        f"--seed={seed}",
        f"--one-in={one_in}",
        f"--secret={secret}",
        f"--kinds={','.join(kinds)}",
    ]
    with running(command, port):
        yield port


def proxy_counts(port: int) -> dict[str, dict[str, int]]:
    """Requests by method and faults by kind that a proxy has seen."""
    with urllib.request.urlopen(f"http://127.0.0.1:{port}{fault_proxy.COUNTS_PATH}") as answer:
        counts: dict[str, dict[str, int]] = json.load(answer)
        return counts


def environment(scheme: str, port: int) -> dict[str, str]:
    """The variables by which a build finds a store on the loopback."""
    address = f"http://127.0.0.1:{port}"
    if scheme == "gs":
        return {"STORAGE_EMULATOR_HOST": address}
    return {
        "AWS_ENDPOINT_URL": address,
        "AWS_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": ACCESS_KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
        "AWS_EC2_METADATA_DISABLED": "true",
    }
