# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A machine with IBM MQ: an installation path, a data path, and the queue managers that mqs.ini lists.

Every program imports this module, so it keeps to what starts quickly. Source: IBM MQ documentation, "IBM MQ file names",
"Installation configuration file, mqs.ini".
"""

from __future__ import annotations

import fcntl
import os
import time

MARKER = "mqsim.ini"  # in the installation path: what makes a directory a machine of ours
OLDEST = (9, 1)
NEWEST = (9, 4)

# What dspmq shows after a process that did not say goodbye
RUNNING_STATES = ("Starting", "Running", "Quiescing", "Ending immediately")

_MQS_INI = """\
#*******************************************************************#
#* Module Name: mqs.ini                                            *#
#* Type       : IBM MQ Machine-wide Configuration File             *#
#*******************************************************************#
AllQueueManagers:
   DefaultPrefix={data_path}

"""


class MachineError(Exception):
    """What a program of the machine prints before it ends with return code 71."""


class Version(tuple):
    """Version, release, modification and fix pack: Version('9.4.2') == (9, 4, 2, 0)."""

    __slots__ = ()

    def __new__(cls, text: str) -> Version:
        try:
            numbers = [int(part) for part in text.split(".")]
        except ValueError:
            numbers = []
        if not 2 <= len(numbers) <= 4 or not OLDEST <= tuple(numbers[:2]) <= NEWEST or any(not 0 <= n <= 99 for n in numbers):
            raise MachineError(f"The version '{text}' is not simulated: 9.1 to 9.4, written as 9.4.2 or 9.4.2.0.")
        return super().__new__(cls, (numbers + [0, 0])[:4])

    def __str__(self) -> str:
        return ".".join(map(str, self))

    @property
    def command_level(self) -> str:
        return "".join(map(str, self[:3]))

    @property
    def number(self) -> str:
        """VVRRMMFF, as VERSION and RVERSION show it."""
        return "".join(f"{part:02d}" for part in self)

    @property
    def copyright_year(self) -> int:
        """The year in the first line of runmqsc, as in captured outputs."""
        for since, year in (
            ((9, 4, 2), 2025),
            ((9, 4), 2024),
            ((9, 3), 2023),
            ((9, 2, 5), 2022),
            ((9, 2, 1), 2021),
            ((9, 2), 2020),
            ((9, 1, 1), 2019),
        ):
            if self >= since:
                return year
        return 2018


class Machine:
    """The machine whose root directory holds ``opt/mqm`` and ``var/mqm``. MachineError when there is none."""

    def __init__(self, root: str):
        self.root = os.path.realpath(root)
        self.installation_path = os.path.join(self.root, "opt", "mqm")
        self.data_path = os.path.join(self.root, "var", "mqm")
        try:
            facts = dict(read_stanzas(os.path.join(self.installation_path, MARKER)))["Machine"]
        except FileNotFoundError as error:
            raise MachineError(f"The directory {root} is not a machine made by mqsim create.") from error
        self.version = Version(facts["Version"])
        self.installation_name: str = facts["InstallationName"]

    @property
    def mqs_ini(self) -> str:
        return os.path.join(self.data_path, "mqs.ini")

    @property
    def denies_authority(self) -> bool:
        """The switch that makes runmqsc answer AMQ8135E, as for a user outside the group mqm."""
        return os.path.exists(os.path.join(self.data_path, "mqsim.deny"))

    def take_busy_refresh(self) -> bool:
        """The switch that makes the next refreshes end as busy: mqsim.busy holds their number, and one of them is used up."""
        switch = os.path.join(self.data_path, "mqsim.busy")
        try:
            with open(switch, encoding="utf-8") as stream:
                left = int(stream.read())
        except FileNotFoundError:
            return False
        if left > 1:
            write_atomically(switch, f"{left - 1}\n", 0o644)
        else:
            os.unlink(switch)
        return left > 0

    def queue_managers(self) -> dict[str, dict[str, str]]:
        """The QueueManager stanzas of mqs.ini by name, in the order of creation."""
        return {stanza["Name"]: stanza for kind, stanza in read_stanzas(self.mqs_ini) if kind == "QueueManager" and "Name" in stanza}

    def default_queue_manager(self) -> str:
        """Its name; '' when no queue manager is the default one."""
        for kind, stanza in read_stanzas(self.mqs_ini):
            if kind == "DefaultQueueManager":
                return stanza.get("Name", "")
        return ""

    def directory(self, name: str) -> str | None:
        """The data directory of a queue manager; None when mqs.ini does not list it."""
        stanza = self.queue_managers().get(name)
        if stanza is None:
            return None
        return stanza.get("DataPath") or os.path.join(stanza.get("Prefix", self.data_path), "qmgrs", stanza.get("Directory", name))

    def add(self, name: str, default: bool = False) -> str:
        """Make the data directory of a new queue manager and list it in mqs.ini; returns the directory."""
        with _Locked(self.mqs_ini):
            stanzas = list(read_stanzas(self.mqs_ini))
            taken = {stanza.get("Directory") for _kind, stanza in stanzas}
            plain = mangled(name)
            directory_name, number = plain, 0
            while directory_name in taken or os.path.exists(os.path.join(self.data_path, "qmgrs", directory_name)):
                directory_name, number = f"{plain}!{number:02d}", number + 1
            directory = os.path.join(self.data_path, "qmgrs", directory_name)
            os.mkdir(directory)
            stanza = {"Name": name, "Prefix": self.data_path, "Directory": directory_name, "InstallationName": self.installation_name}
            stanzas.append(("QueueManager", stanza))
            if default:
                stanzas = [entry for entry in stanzas if entry[0] != "DefaultQueueManager"] + [("DefaultQueueManager", {"Name": name})]
            self._write_mqs_ini(stanzas)
        return directory

    def remove(self, name: str) -> None:
        """Take a queue manager off the list and delete its data directory."""
        directory = self.directory(name)
        with _Locked(self.mqs_ini):
            named = ("QueueManager", "DefaultQueueManager")
            self._write_mqs_ini([(k, s) for k, s in read_stanzas(self.mqs_ini) if not (k in named and s.get("Name") == name)])
        if directory:
            _remove_tree(directory)

    def _write_mqs_ini(self, stanzas: list[tuple[str, dict[str, str]]]) -> None:
        lines = [_MQS_INI.format(data_path=self.data_path)]
        for kind, stanza in stanzas:
            if kind != "AllQueueManagers":
                lines.append(stanza_text(kind, stanza))
        write_atomically(self.mqs_ini, "".join(lines), 0o664)


class _Locked:
    """Exclusive use of a file by one process at a time, by way of a lock file beside it."""

    def __init__(self, path: str):
        self._path = path + ".lock"

    def __enter__(self) -> None:
        self._stream = open(self._path, "a", encoding="ascii")  # noqa: SIM115 - closed in __exit__
        fcntl.flock(self._stream, fcntl.LOCK_EX)

    def __exit__(self, *_exception: object) -> None:
        self._stream.close()


def mangled(name: str) -> str:
    """The directory name for a queue manager name: '.' becomes '!', '/' becomes '&'."""
    return name.replace(".", "!").replace("/", "&")


def machine_of(program: str) -> Machine:
    """The machine that a program of an installation belongs to, by the program's own path."""
    directory = os.path.dirname(os.path.realpath(program))
    while not os.path.exists(os.path.join(directory, MARKER)):
        parent = os.path.dirname(directory)
        if parent == directory:
            raise MachineError(f"The program {program} does not lie in a machine made by mqsim create.")
        directory = parent
    return Machine(os.path.dirname(os.path.dirname(directory)))


def create(root: str, version: str = "9.4.2", installation_name: str = "Installation1") -> Machine:
    """Make a machine in a directory that does not exist or is empty."""
    from .launcher import write_launchers  # only here: the programs themselves do not need it

    root = os.path.realpath(root)
    level = Version(version)
    if os.path.isdir(root) and os.listdir(root):
        raise MachineError(f"The directory {root} is not empty; nothing has been created.")
    installation_path, data_path = os.path.join(root, "opt", "mqm"), os.path.join(root, "var", "mqm")
    for directory in (installation_path, data_path, os.path.join(data_path, "qmgrs"), os.path.join(data_path, "errors")):
        os.makedirs(directory)
    write_launchers(installation_path)
    facts = {"Version": str(level), "InstallationName": installation_name}
    write_atomically(os.path.join(installation_path, MARKER), stanza_text("Machine", facts), 0o644)
    machine = Machine(root)
    machine._write_mqs_ini([])
    return machine


def _remove_tree(path: str) -> None:
    import shutil

    shutil.rmtree(path, ignore_errors=True)


def destroy(root: str) -> None:
    """End the queue managers of a machine and remove it. Refuses what `create` did not make."""
    machine = Machine(root)
    for name in machine.queue_managers():
        directory = machine.directory(name)
        state = State.read(directory) if directory else None
        if state is not None and state.alive:
            state.kill()
            state.wait_for_end(10)
    for path in (machine.installation_path, machine.data_path):
        _remove_tree(os.path.dirname(path))
    if not os.listdir(machine.root):
        os.rmdir(machine.root)


class State:
    """What a queue manager's process last wrote about itself, with the means to tell whether it still runs."""

    def __init__(self, status: str = "Ended normally", pid: int = 0, started: str = ""):
        self.recorded = status
        self.pid = pid
        self.started = started  # the kernel's start time of the process: a process id alone may be another's by now

    @classmethod
    def read(cls, directory: str) -> State:
        try:
            facts = dict(read_stanzas(_state_file(directory)))["State"]
        except FileNotFoundError:
            return cls()
        return cls(facts["Status"], int(facts["ProcessId"]), facts["Started"])

    @classmethod
    def record(cls, directory: str, status: str) -> None:
        """Write a state; while it is one of running, the calling process is the queue manager's."""
        pid = os.getpid()
        facts = {"Status": status, "ProcessId": str(pid), "Started": _start_time(pid)}
        write_atomically(_state_file(directory), stanza_text("State", facts), 0o640)

    @property
    def alive(self) -> bool:
        return self.recorded in RUNNING_STATES and bool(self.started) and _start_time(self.pid) == self.started

    @property
    def status(self) -> str:
        """STATUS as dspmq shows it."""
        return "Ended unexpectedly" if self.recorded in RUNNING_STATES and not self.alive else self.recorded

    def kill(self) -> None:
        """SIGKILL, as endmqm -p does."""
        try:
            os.kill(self.pid, 9)
        except ProcessLookupError:
            pass

    def wait_for_end(self, seconds: float) -> bool:
        """Whether the process was gone within that time."""
        deadline = time.monotonic() + seconds
        while self.started and _start_time(self.pid) == self.started:
            if time.monotonic() > deadline:
                return False
            time.sleep(0.01)
        return True


def private_directory(directory: str) -> str:
    """Where a queue manager's process keeps what is the simulator's own: state, definitions, messages, command socket."""
    return os.path.join(directory, "mqsim")


def _state_file(directory: str) -> str:
    return os.path.join(private_directory(directory), "state.ini")


def _start_time(pid: int) -> str:
    """Field 22 of /proc/PID/stat; '' for a process that is gone or a zombie."""
    try:
        with open(f"/proc/{pid}/stat", "rb") as stream:
            fields = stream.read().rpartition(b")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return ""
    return "" if fields[0] in (b"Z", b"X") else fields[19].decode()


def read_stanzas(path: str):
    """(kind, {key: value}) for each stanza of an ini file of MQ: 'Kind:' and lines 'Key=Value'; '#' and ';' begin comments."""
    kind, stanza = None, {}
    with open(path, encoding="utf-8", errors="surrogateescape") as stream:
        for line in stream:
            text = line.strip()
            if not text or text[0] in "#;":
                continue
            if text.endswith(":") and "=" not in text:
                if kind is not None:
                    yield kind, stanza
                kind, stanza = text[:-1].strip(), {}
            elif "=" in text:
                key, _equals, value = text.partition("=")
                stanza[key.strip()] = value.strip()
    if kind is not None:
        yield kind, stanza


def stanza_text(kind: str, stanza: dict[str, str]) -> str:
    return f"{kind}:\n" + "".join(f"   {key}={value}\n" for key, value in stanza.items()) + "\n"


def write_atomically(path: str, text: str, mode: int) -> None:
    """Write a file so that a reader, or a crash, meets the old contents or the new ones."""
    temporary = f"{path}.{os.getpid()}"
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode)
    with open(descriptor, "w", encoding="utf-8", errors="surrogateescape") as stream:
        os.fchmod(descriptor, mode)
        stream.write(text)
    os.rename(temporary, path)
