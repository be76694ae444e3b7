"""A verb whose process crashes is begun again, and said to have crashed."""

import signal
import subprocess
import sys
import time

_SCRIPT = """
import os, signal, sys, time
from haybale.cli.supervised import supervised

def verb(crashed):
    print("crashed before" if crashed else "first", flush=True)
    {body}

sys.exit(supervised(verb))
"""


def supervise(body):
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.format(body=body)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def outcome(body):
    running = supervise(body)
    out, err = running.communicate(timeout=120)
    return running.returncode, out.splitlines(), err


def test_an_exit_code_is_passed_on():
    assert outcome("return 7") == (7, ["first"], "")
    assert outcome("sys.exit(2)") == (2, ["first"], "")


def test_a_crash_is_said_and_the_verb_begun_again():
    code, lines, err = outcome("crashed or os.kill(os.getpid(), signal.SIGSEGV)\n    return 3")
    assert (code, lines) == (3, ["first", "crashed before"])
    assert err.startswith("haybale: the build crashed (SIGSEGV); going on")


def test_crash_after_crash_comes_to_an_end():
    code, lines, err = outcome("os.kill(os.getpid(), signal.SIGABRT)")
    assert (code, len(lines)) == (128 + signal.SIGABRT, 3)
    assert "crashed 3 times, the last time of SIGABRT" in err


def test_a_build_that_the_system_kills_is_not_begun_again():
    code, lines, err = outcome("os.kill(os.getpid(), signal.SIGKILL)")
    assert (code, lines) == (128 + signal.SIGKILL, ["first"])
    assert "was killed, as systems do when memory runs out" in err


def test_a_request_to_end_reaches_the_verb():
    running = supervise("time.sleep(100)")
    assert running.stdout.readline() == "first\n"
    running.send_signal(signal.SIGTERM)
    assert "was asked to end" in running.communicate(timeout=60)[1]
    assert running.returncode == 128 + signal.SIGTERM


def test_interruption_reaches_the_verb():
    body = "time.sleep(100)"
    running = supervise(body)
    assert running.stdout.readline() == "first\n"
    time.sleep(0.2)
    running.send_signal(signal.SIGINT)
    assert "KeyboardInterrupt" in running.communicate(timeout=60)[1]
    assert running.returncode == 1
