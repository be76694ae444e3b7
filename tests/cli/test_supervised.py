"""A verb whose process crashes is begun again, and said to have crashed."""

import os
import signal
import subprocess
import sys
import time

import pytest

_SCRIPT = """
import atexit, os, signal, subprocess, sys, time
from haybale.cli import supervised as module
from haybale.cli.supervised import supervised
signal.signal(signal.SIGHUP, signal.SIG_DFL)  # the tests themselves may run under nohup
{before}

def verb(crashed):
    print("crashed before" if crashed else "first", flush=True)
    {body}

sys.exit(supervised(verb))
"""


_COUNT = """
    number, end = 0, time.monotonic() + {seconds}
    while (left := end - time.monotonic()) > 0:
        try:
            print("ready", flush=True)
            time.sleep(left)
        except KeyboardInterrupt:
            number += 1
    return number
"""
"""A verb's body: how often it is interrupted."""


_BUFFERED = {name: of for name, of in os.environ.items() if name != "PYTHONUNBUFFERED"}
"""What is printed is written when it is flushed, at the end at the latest."""


def supervise(body, before="", **settings):
    return subprocess.Popen(
        [sys.executable, "-c", _SCRIPT.format(body=body, before=before)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
        env=_BUFFERED,
        **settings,
    )


def outcome(body, before=""):
    running = supervise(body, before)
    out, err = running.communicate(timeout=120)
    return running.returncode, out.splitlines(), err


def test_an_exit_code_is_passed_on():
    assert outcome("return 7") == (7, ["first"], "")
    assert outcome("sys.exit(2)") == (2, ["first"], "")
    assert outcome("sys.exit()") == (0, ["first"], "")
    assert outcome("sys.exit('no')") == (1, ["first"], "no\n")


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


def test_a_signal_without_a_name_is_told_by_its_number():
    code, lines, err = outcome("os.kill(os.getpid(), 40)")
    assert (code, lines, err) == (168, ["first"], "haybale: the build ended (signal 40)\n")


@pytest.mark.parametrize(("verbs", "code"), [(0, 120), (3, 3)])
def test_output_that_cannot_be_written_is_no_success(verbs, code):
    full = "os.dup2(os.open('/dev/full', os.O_WRONLY), 1)\n    print('result')"
    found, _, err = outcome(f"{full}\n    return {verbs}")
    assert (found, err.count("\n")) == (code, 1)
    assert err.startswith("haybale: output could not be written: ")


def test_output_that_nobody_reads_is_no_failure():
    body = "ours, theirs = os.pipe()\n    os.dup2(theirs, 1)\n    os.close(theirs)\n    "
    assert outcome(f"{body}os.close(ours)\n    print('result')\n    return 0")[::2] == (0, "")


def test_a_request_that_got_lost_does_not_deny_that_the_work_was_done():
    body = (
        "class Deleted:\n        def __del__(self):\n"
        "            os.kill(os.getpid(), signal.SIGTERM)\n            time.sleep(1)\n"
        "    Deleted()\n    print('done')\n    return {}"
    )
    for code in (0, 3):
        found, lines, _ = outcome(body.format(code))
        assert (found, lines) == (code, ["first", "done"])


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
    assert running.returncode == 128 + signal.SIGINT


def test_what_is_to_be_done_at_exit_is_done_by_the_process_that_was_told_to():
    body = "atexit.register(print, 'child')"
    assert outcome(f"{body}\n    return 0", "atexit.register(print, 'parent')") == (
        0,
        ["first", "child", "parent"],
        "",
    )


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGHUP])
@pytest.mark.parametrize("send", [os.kill, os.killpg])
def test_asked_to_end_it_does_so_in_order(number, send):
    """And takes with it what it started, such as a job server."""
    body = (
        "server = subprocess.Popen(['sleep', '100'], start_new_session=True)\n"
        "    atexit.register(server.kill)\n"
        "    try:\n        print('serves', flush=True)\n        time.sleep(100)\n"
        "    finally:\n        print('left')"
    )
    running = supervise(body)
    assert running.stdout.readline() == "first\n"
    assert running.stdout.readline() == "serves\n"
    send(running.pid, number)
    out, err = running.communicate(timeout=60)  # the server holds the pipe, as long as it lives
    assert out == "left\n"
    assert running.returncode == 128 + number
    assert err.count("\n") == 1
    assert "the same command goes on from here" in err


def test_asked_to_end_it_does_so_in_bounded_time():
    body = "signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGTERM})\n    time.sleep(100)"
    running = supervise(body.replace("\n", "; print(flush=True)\n"), "module.GRACE_SECONDS = 0.5")
    assert [running.stdout.readline() for _ in range(2)] == ["first\n", "\n"]
    begun = time.monotonic()
    running.send_signal(signal.SIGTERM)
    assert "was asked to end" in running.communicate(timeout=60)[1]
    assert running.returncode == 128 + signal.SIGTERM
    assert time.monotonic() - begun < 30


def test_an_interruption_of_the_whole_group_comes_once_and_a_later_one_again():
    running = supervise(_COUNT.format(seconds=4))
    assert [running.stdout.readline() for _ in range(2)] == ["first\n", "ready\n"]
    os.killpg(running.pid, signal.SIGINT)
    assert running.stdout.readline() == "ready\n"
    time.sleep(1.5)
    os.killpg(running.pid, signal.SIGINT)
    assert running.communicate(timeout=60)[0] == "ready\n"
    assert running.returncode == 2


def test_an_interruption_from_elsewhere_than_its_terminal_reaches_the_verb():
    ours, theirs = os.openpty()
    takes_terminal = "os.open(os.ttyname(0), os.O_RDWR)\nassert os.tcgetpgrp(0) == os.getpgrp()"
    running = supervise(_COUNT.format(seconds=2), takes_terminal, stdin=theirs)
    assert [running.stdout.readline() for _ in range(2)] == ["first\n", "ready\n"]
    running.send_signal(signal.SIGINT)
    assert running.communicate(timeout=60)[0] == "ready\n"
    assert running.returncode == 1
    os.close(theirs)
    os.close(ours)


def test_what_nohup_ignores_stays_ignored():
    body = "time.sleep(1)\n    return 0"
    running = supervise(body, "signal.signal(signal.SIGHUP, signal.SIG_IGN)")
    assert running.stdout.readline() == "first\n"
    os.killpg(running.pid, signal.SIGHUP)
    assert running.communicate(timeout=60) == ("", "")
    assert running.returncode == 0


def test_errors_that_cannot_be_written_either_do_not_hide_that_output_was_not():
    full = "for stream in (1, 2): os.dup2(os.open('/dev/full', os.O_WRONLY), stream)"
    assert outcome(f"{full}\n    print('result')\n    return 0") == (120, ["first"], "")
