# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""strmqm: start a queue manager as a process of its own. Source: IBM MQ documentation, "strmqm (start queue manager)"."""

from __future__ import annotations

import fcntl
import os
import sys
import time

from ..machine import Machine, State, private_directory
from .options import program, read_options, refuse_not_simulated


@program("strmqm [-c] [-x] [QMgrName]")
def main(arguments: list[str], machine: Machine) -> int:
    options, names = read_options(arguments, "acd:e:frsxz")
    refuse_not_simulated(options, "acdefrsx")
    name = names[0] if names else machine.default_queue_manager()
    directory = machine.directory(name)
    if directory is None:
        print("AMQ8118E: IBM MQ queue manager does not exist.")
        return 16
    # The process holds this lock as long as it lives, so that there is never a second one
    lock = os.open(os.path.join(private_directory(directory), "lock"), os.O_RDWR | os.O_CREAT, 0o600)
    while not _taken(lock):
        status = State.read(directory).status
        if status in ("Running", "Starting"):
            print(f"IBM MQ queue manager '{name}' running." if machine.version >= (9, 2) else "IBM MQ queue manager running.")
            return 5
        if status in ("Quiescing", "Ending immediately"):
            print(f"IBM MQ queue manager '{name}' ending.")
            return 49
        time.sleep(0.01)  # between its last state and its end, or before its first state
    State.record(directory, "Starting")
    print(f"IBM MQ queue manager '{name}' starting.")
    print(f"The queue manager is associated with installation '{machine.installation_name}'.")
    sys.stdout.flush()
    problem = _start(machine, name, directory, lock)
    if problem:
        print(f"mqsim: the queue manager did not start:\n{problem}", file=sys.stderr)
        return 71
    records = 6 if machine.version >= (9, 2) else 5
    print(f"{records} log records accessed on queue manager '{name}' during the log replay phase.")
    print(f"Log replay for queue manager '{name}' complete.")
    print(f"Transaction manager state recovered for queue manager '{name}'.")
    if machine.version >= (9, 2):
        print("Plain text communication is enabled.")
    print(f"IBM MQ queue manager '{name}' started using V{machine.version}.")
    return 0


def _taken(lock: int) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _start(machine: Machine, name: str, directory: str, lock: int) -> str:
    """Fork the queue manager's process and wait until it serves; '' or what went wrong."""
    from_child, to_parent = os.pipe()
    if os.fork() == 0:
        os.close(from_child)
        _run(machine, name, directory, keep=(lock, to_parent))
    os.close(to_parent)
    with open(from_child, encoding="utf-8") as stream:
        answer = stream.read()
    return "" if answer == "ready" else answer or "its process ended without a word"


def _run(machine: Machine, name: str, directory: str, keep: tuple[int, int]) -> None:
    """The child: leave the session and the files of the caller, be a queue manager, end. Does not return."""
    return_code = 1
    to_parent = keep[1]
    try:
        os.setsid()
        os.chdir("/")
        os.umask(0o007)
        nothing = os.open(os.devnull, os.O_RDWR)
        log = os.open(os.path.join(private_directory(directory), "process.log"), os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        for target, source in ((0, nothing), (1, log), (2, log)):
            os.dup2(source, target)
        for descriptor in map(int, os.listdir("/proc/self/fd")):
            if descriptor > 2 and descriptor not in keep:
                _close(descriptor)
        State.record(directory, "Starting")
        with open("/proc/self/comm", "w", encoding="utf-8") as stream:
            stream.write(f"mqsim {name}")
        from ..queue_manager import Process, QueueManager

        process = Process(QueueManager(machine, name))

        def ready() -> None:
            os.write(to_parent, b"ready")
            os.close(to_parent)

        process.run(ready)
        return_code = 0
    except BaseException:
        import traceback

        text = traceback.format_exc()
        print(text, file=sys.stderr, flush=True)
        try:
            os.write(to_parent, text.encode())
        except OSError:
            pass  # it was ready before: process.log has the text
    finally:
        # Threads of channels may still wait for something; the definitions are saved
        sys.stderr.flush()
        os._exit(return_code)


def _close(descriptor: int) -> None:
    try:
        os.close(descriptor)
    except OSError:
        pass  # the descriptor that listed the directory
