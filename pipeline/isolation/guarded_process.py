"""What a process of `guarded` runs: attempts at a unit, each in a fork of it.

Libraries are imported once; a fork that dies costs no more than what it was at. Nothing that is
not to be forked, such as a connection to an object store, is opened here before.

Each fork has a pipe of its own, and what comes whole out of it is passed on: one that is killed
while it sends leaves half a message, after which nothing else on the same pipe could be read.
"""

import logging
import os
from multiprocessing.connection import Connection, Pipe
from typing import Any

from haybale.pipeline.units.child import Death, connect_to_parent, die_with


def main() -> None:
    """Make the attempts that come over the connection, until the parent closes it."""
    connection = connect_to_parent()
    logging.disable(logging.WARNING)  # of Beam, about itself
    from haybale.pipeline.jobs import ingest, tokens  # noqa: F401, whose forks need not import them

    while True:
        try:
            attempt = connection.recv()
        except EOFError:
            return
        ours, theirs = Pipe(duplex=False)
        parent, child = os.getpid(), os.fork()
        if child == 0:
            die_with(parent)
            ours.close()
            connection.close()
            _answer(theirs, *attempt)
            os._exit(0)
        theirs.close()
        with ours:
            _pass_on(ours, connection)
        _, status = os.waitpid(child, 0)
        connection.send(Death(os.waitstatus_to_exitcode(status)))


def _pass_on(fork: Connection, connection: Connection) -> None:
    """Pass on every whole message of a fork, until it has ended."""
    while True:
        try:
            message = fork.recv_bytes()
        except (EOFError, OSError):  # the latter in the middle of a message
            return
        connection.send_bytes(message)


def _answer(
    connection: Connection, payload: bytes, unit: int, max_cpu_seconds: float, known: Any
) -> None:
    """Do a unit, telling what it is at; in the end send its result or a failure."""
    from apache_beam.internal import pickler

    from haybale.pipeline.isolation.guard import Guard, guarded_by
    from haybale.pipeline.units.failures import Failure
    from haybale.pipeline.units.timing import UnitMeter

    meter = UnitMeter()
    culprits, suspects = known
    guard = Guard(culprits, suspects, connection.send, max_cpu_seconds)
    try:
        worker = pickler.loads(payload)
        worker.load()
        with guarded_by(guard):
            result = worker.do(unit)
    except Exception as error:
        connection.send(Failure.of(error))
    else:
        connection.send({**result.as_json(), "timing": meter.timing(result.timing)})


if __name__ == "__main__":
    main()
