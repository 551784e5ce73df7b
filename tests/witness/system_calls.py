# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Kills a process with SIGKILL just before a chosen one of its system calls that change the file system.

The kernel stops the process (ptrace), so nothing of the code under test is replaced and no change can be missed: each open that makes or
empties a file, each write, rename, link, unlink, mkdir, rmdir, chmod, chown and truncate counts. Programs that the process starts are
left alone, as they are when a module loses its connection. Linux, on x86-64 and 64-bit ARM.
"""

from __future__ import annotations

import ctypes
import os
import platform
import signal
import stat
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import NoReturn

_TRACEME, _SYSCALL, _SETOPTIONS, _GET_SYSCALL_INFO = 0, 24, 0x4200, 0x420E
_TRACESYSGOOD, _EXITKILL = 1, 0x100000
_ENTRY = 1
_STOPPED_BY_CALL = signal.SIGTRAP | 0x80

# Number -> name and the position of the argument that is a path; `fd`: the first argument is an open file.
_X86_64 = {
    1: ("write", "fd"), 18: ("pwrite", "fd"), 20: ("writev", "fd"), 326: ("copy_file_range", "fd"), 40: ("sendfile", "fd"),
    2: ("open", 0), 257: ("openat", 1), 85: ("creat", 0), 82: ("rename", 1), 264: ("renameat", 3), 316: ("renameat2", 3),
    87: ("unlink", 0), 263: ("unlinkat", 1), 84: ("rmdir", 0), 83: ("mkdir", 0), 258: ("mkdirat", 1), 86: ("link", 1), 265: ("linkat", 3),
    88: ("symlink", 1), 266: ("symlinkat", 2), 90: ("chmod", 0), 91: ("fchmod", "fd"), 268: ("fchmodat", 1), 92: ("chown", 0),
    93: ("fchown", "fd"), 94: ("lchown", 0), 260: ("fchownat", 1), 76: ("truncate", 0), 77: ("ftruncate", "fd"), 280: ("utimensat", 1),
}  # fmt: skip
_AARCH64 = {
    64: ("write", "fd"), 68: ("pwrite", "fd"), 66: ("writev", "fd"), 285: ("copy_file_range", "fd"), 71: ("sendfile", "fd"),
    56: ("openat", 1), 38: ("renameat", 3), 276: ("renameat2", 3), 35: ("unlinkat", 1), 34: ("mkdirat", 1), 37: ("linkat", 3),
    36: ("symlinkat", 2), 52: ("fchmod", "fd"), 53: ("fchmodat", 1), 54: ("fchownat", 1), 55: ("fchown", "fd"), 45: ("truncate", 0),
    46: ("ftruncate", "fd"), 88: ("utimensat", 1),
}  # fmt: skip
_CALLS: dict[int, tuple[str, int | str]] = {"x86_64": _X86_64, "aarch64": _AARCH64}.get(platform.machine(), {})
_OPENS = {"open": 1, "openat": 2}  # name -> position of the flags


class _CallInfo(ctypes.Structure):
    """struct ptrace_syscall_info, as far as an entry has it."""

    _fields_ = [
        ("op", ctypes.c_uint8),
        ("pad", ctypes.c_uint8 * 3),
        ("arch", ctypes.c_uint32),
        ("instruction_pointer", ctypes.c_uint64),
        ("stack_pointer", ctypes.c_uint64),
        ("number", ctypes.c_uint64),
        ("arguments", ctypes.c_uint64 * 6),
    ]


@dataclass(frozen=True)
class End:
    """How it ended: the calls that were carried out, and the one before which the process was killed; None: it ended by itself."""

    calls: tuple[str, ...]
    killed_before: str | None
    status: int = 0


def run(work: Callable[[], object], kill_before: int | None = None) -> End:
    """Do ``work`` in a process of its own and kill that just before its change number ``kill_before`` (from 0) of the file system.

    An exception in ``work`` is printed to its standard error and gives the status 1.
    """
    if not _CALLS:
        raise NotImplementedError(f"the system calls of {platform.machine()} are not known here")
    child = os.fork()
    if child == 0:
        _be_traced(work)
    os.waitpid(child, 0)
    _ptrace(_SETOPTIONS, child, 0, _TRACESYSGOOD | _EXITKILL)
    calls: list[str] = []
    passed_on = 0
    while True:
        _ptrace(_SYSCALL, child, 0, passed_on)
        _pid, status = os.waitpid(child, 0)
        passed_on = 0
        if os.WIFEXITED(status):
            return End(tuple(calls), None, os.WEXITSTATUS(status))
        if os.WIFSIGNALED(status):
            return End(tuple(calls), None, -os.WTERMSIG(status))
        if os.WSTOPSIG(status) != _STOPPED_BY_CALL:
            passed_on = os.WSTOPSIG(status)
            continue
        change = _change(child)
        if change and len(calls) == kill_before:
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            return End(tuple(calls), change, -signal.SIGKILL)
        if change:
            calls.append(change)


def _be_traced(work: Callable[[], object]) -> NoReturn:
    status = 1
    try:
        _ptrace(_TRACEME, 0, 0, 0)
        os.kill(os.getpid(), signal.SIGSTOP)
        work()
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        os._exit(status)  # nothing of the process that it was forked from is to be cleaned up twice


def _change(pid: int) -> str:
    """The call that the process is about to make, as `rename /path`; empty where it changes nothing, or ends a call."""
    info = _CallInfo()
    _ptrace(_GET_SYSCALL_INFO, pid, ctypes.sizeof(info), ctypes.addressof(info))
    if info.op != _ENTRY or info.number not in _CALLS:
        return ""
    name, place = _CALLS[info.number]
    if name in _OPENS and not info.arguments[_OPENS[name]] & (os.O_CREAT | os.O_TRUNC):
        return ""
    if isinstance(place, int):
        return f"{name} {_text(pid, info.arguments[place])}"
    descriptor = f"/proc/{pid}/fd/{info.arguments[0]}"
    is_file = info.arguments[0] > 2 and stat.S_ISREG(os.stat(descriptor).st_mode)
    return f"{name} {os.readlink(descriptor)}" if is_file else ""


def _text(pid: int, address: int) -> str:
    with open(f"/proc/{pid}/mem", "rb") as memory:
        memory.seek(address)
        found = b""
        while b"\0" not in found:
            found += memory.read(64)
    return os.fsdecode(found.partition(b"\0")[0])


_libc = ctypes.CDLL(None, use_errno=True)
_libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
_libc.ptrace.restype = ctypes.c_long


def _ptrace(request: int, pid: int, address: int, data: int) -> None:
    if _libc.ptrace(request, pid, address, data) < 0:
        error = ctypes.get_errno()
        raise OSError(error, f"ptrace {request:#x}: {os.strerror(error)}")
