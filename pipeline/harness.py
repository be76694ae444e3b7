"""What a worker process on this computer runs: Beam's harness, with its own log lines left out.

Beam logs a dozen lines about itself for every worker before it reads any option.
"""

import logging
import runpy
import sys

if __name__ == "__main__":
    logging.disable(logging.WARNING)
    sys.argv[0] = "sdk_worker_main"
    runpy.run_module("apache_beam.runners.worker.sdk_worker_main", run_name="__main__")
