# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""crtmqm: create a queue manager. Source: IBM MQ documentation, "crtmqm (create queue manager)"."""

from __future__ import annotations

import json
import os

from ..default_objects import new_queue_manager
from ..machine import Machine, State, private_directory, write_atomically
from ..mqsc.attributes import NAME_CHARACTERS
from .options import NotSimulated, Usage, program, read_options, refuse_not_simulated

_QM_INI = """\
#*******************************************************************#
#* Module Name: qm.ini                                             *#
#* Type       : IBM MQ queue manager configuration file            *#
#*******************************************************************#
ExitPath:
   ExitsDefaultPath={data_path}/exits
   ExitsDefaultPath64={data_path}/exits64
Service:
   Name=AuthorizationService
   EntryPoints=14
ServiceComponent:
   Service=AuthorizationService
   Name=MQSeries.UNIX.auth.service
   Module=amqzfu
   ComponentDataSize=0
Log:
   LogPrimaryFiles=3
   LogSecondaryFiles=2
   LogFilePages=4096
   LogType=CIRCULAR
   LogPath={data_path}/log/{directory_name}/
   LogWriteIntegrity=TripleWrite
Channels:
   ChlauthEarlyAdopt=Y
"""
_SSL = """\
SSL:
   AllowTLSV13=TRUE
"""


@program("crtmqm [-q] [-c Description] [-d DefXmitQ] [-u DeadQ] [-p Port] QMgrName")
def main(arguments: list[str], machine: Machine) -> int:
    for word in arguments:
        # Words that look like clusters of single letters and are not
        if word in ("-lr", "-ii", "-ic", "-md", "-ld", "-oa"):
            raise NotSimulated(f"crtmqm {word}")
    log_options = [word for word in arguments if word in ("-lc", "-ll", "-la", "-ln")]
    rest = [word for word in arguments if word not in log_options]
    for option in ("-lf", "-lp", "-ls"):
        while option in rest:
            position = rest.index(option)
            del rest[position : position + 2]
    options, names = read_options(rest, "qzc:d:u:p:g:t:h:x:")
    refuse_not_simulated(options, "gthx")
    if not names:
        raise Usage("no queue manager name")
    name = names[0]
    if not name or len(name) > 48 or not NAME_CHARACTERS.issuperset(name):
        print("AMQ7048E: The queue manager name is either not valid or not known.")
        return 72
    port = options.get("p")
    if port is not None and not (port.isdigit() and 0 < int(port) < 65536):
        raise Usage(f"-p {port}")
    if name in machine.queue_managers():
        print("AMQ8110E: IBM MQ queue manager already exists.")
        return 8
    directory = _make(machine, name, options)
    shown = f" '{name}'" if machine.version >= (9, 2) else ""
    number = 83 if machine.version >= (9, 2) else 84
    print(f"IBM MQ queue manager{shown} created.")
    print(f"Directory '{directory}' created.")
    print(f"The queue manager is associated with installation '{machine.installation_name}'.")
    print(f"Creating or replacing default objects for queue manager '{name}'.")
    print(f"Default objects statistics : {number} created. 0 replaced. 0 failed.")
    print("Completing setup.")
    print("Setup completed.")
    return 0


def _make(machine: Machine, name: str, options: dict[str, str]) -> str:
    directory = machine.add(name, default="q" in options)
    os.chmod(directory, 0o2770)
    for subdirectory in ("ssl", "errors", "queues"):
        path = os.path.join(directory, subdirectory)
        os.mkdir(path)
        os.chmod(path, 0o2770)
    private = private_directory(directory)
    os.mkdir(private, 0o700)
    port = int(options["p"]) if "p" in options else None
    kept = new_queue_manager(name, machine.version, directory, options.get("u", ""), port)
    kept["attributes"].update(DESCR=options.get("c", ""), DEFXMITQ=options.get("d", ""))
    write_atomically(os.path.join(private, "definitions.json"), json.dumps(kept), 0o600)
    text = _QM_INI.format(data_path=machine.data_path, directory_name=os.path.basename(directory))
    write_atomically(os.path.join(directory, "qm.ini"), text + (_SSL if machine.version >= (9, 2) else ""), 0o660)
    State.record(directory, "Ended normally")
    return directory
