# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError, StateError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.installation import Installation

MQS_INI = """\
#*******************************************************************#
AllQueueManagers:
   DefaultPrefix=/var/mqm

QueueManager:
   Name=queue.manager
   Prefix=/var/mqm
   Directory=queue!manager
   InstallationName=Installation1

QueueManager:
   Name=QM2
   DataPath=/shared/qmgrs/QM2
"""


def test_the_directory_is_what_mqs_ini_says(tmp_path):
    (tmp_path / "mqs.ini").write_text(MQS_INI)
    installation = Installation("/opt/mqm", str(tmp_path))
    assert installation.directory("queue.manager") == "/var/mqm/qmgrs/queue!manager"
    assert installation.directory("QM2") == "/shared/qmgrs/QM2"


def test_an_unknown_queue_manager_is_refused_by_name(tmp_path):
    (tmp_path / "mqs.ini").write_text(MQS_INI)
    with pytest.raises(InputError) as refusal:
        Installation("/opt/mqm", str(tmp_path)).directory("QM9")
    assert str(refusal.value) == (
        f"The queue manager QM9 was looked for in {tmp_path}/mqs.ini and is not there (known: QM2, queue.manager); "
        "create it with crtmqm or correct mq_tls_queue_manager."
    )


def test_a_configuration_file_that_cannot_be_read_is_named(tmp_path):
    (tmp_path / "mqs.ini").write_text(f"QueueManager:\n   Name=QM1\n   DataPath={tmp_path}\n")
    with pytest.raises(StateError) as refusal:
        Installation("/opt/mqm", str(tmp_path)).tls_settings("QM1")
    assert str(refusal.value) == (
        f"The configuration of queue manager QM1 was to be read and {tmp_path}/qm.ini cannot be (No such file or directory); "
        "run as a member of the group mqm (become_user: mqm)."
    )


def test_a_missing_installation_is_named(tmp_path):
    with pytest.raises(StateError, match=r"mqs\.ini was to be read and is not there"):
        Installation("/opt/mqm", str(tmp_path)).queue_managers()
    with pytest.raises(StateError, match="runmqsc is needed and is not there"):
        Installation(str(tmp_path), str(tmp_path)).program("runmqsc")
