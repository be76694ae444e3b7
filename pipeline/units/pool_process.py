"""What a process of `haybale.pipeline.units.pool` runs: load what it is sent, do what it is told.

It receives a pickled worker or the number of a unit, which it names before it begins; it answers
with a failure, or None. Before the answer there may be `News` of a search.
"""

import logging

from haybale.pipeline.units.child import connect_to_parent


def main() -> None:
    """Serve until the parent closes the connection."""
    connection = connect_to_parent()
    logging.disable(logging.WARNING)  # of Beam, about itself
    from apache_beam.internal import pickler

    from haybale.pipeline.isolation.guard import bound_cpu
    from haybale.pipeline.isolation.news import heard_by
    from haybale.pipeline.units.attempt import attempt
    from haybale.pipeline.units.failures import Failure

    bound_cpu()
    worker = None
    while True:
        try:
            message = connection.recv()
        except EOFError:
            return
        if isinstance(message, bytes):
            worker, answer = pickler.loads(message), None
            try:
                worker.load()
            except Exception as error:
                answer = Failure.of(error)
        else:
            assert worker is not None, "a unit came before its worker"
            connection.send(worker.name(message))
            with heard_by(connection.send):
                answer = attempt(worker, message)
        connection.send(answer)


if __name__ == "__main__":
    main()
