# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action key_repository with a host that stands in for the connection: each remote execution is one run of the module in this process."""

from __future__ import annotations

import json
from types import SimpleNamespace

from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.key_repository import ActionModule
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import MqTlsError
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority
from ansible_collections.mqfleet.tls.plugins.modules import key_repository as module
from repository_host import EC, NOW, Host

IDENTITY = {**EC, "subject": "CN=QM1,O=Bank", "label": "ibmwebspheremqqm1"}
LOCAL_CA = {"identity": IDENTITY, "issuer": {"type": "local_ca"}, "trust": [{"issuer": "local_ca"}], "passphrase": "sesame"}


class Site:
    """A controller with a PKI folder and one host. ``sent`` keeps what went to the host, ``returned`` what came back."""

    def __init__(self, folder):
        self.host = Host.make(folder / "host")
        self.pki = folder / "pki"
        self.sent = []
        self.returned = []
        self.warnings = []

    def make_authority(self, **options):
        parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
        options = {"pki_dir": str(self.pki), "key_type": "EC", "passphrase": "sesame", **options}
        certificate_authority.run({**parameters, **options}, False, NOW)

    def run(self, check=False, task_vars=None, **options):
        action = ActionModule.__new__(ActionModule)
        places = {"installation": f"{self.host.folder}/opt/mqm", "data_path": f"{self.host.folder}/var/mqm"}
        arguments = {"queue_manager": "QM1", "pki_dir": str(self.pki), **places, **options}
        action._task = SimpleNamespace(args=arguments, check_mode=check, async_val=0)
        action._templar = SimpleNamespace(template=lambda text: text)
        action._display = SimpleNamespace(warning=self.warnings.append)
        action._execute_module = lambda module_name, module_args, task_vars: self._remote(module_args, check)
        try:
            return action._run(task_vars or {})
        except MqTlsError as error:
            raise AnsibleActionFail(str(error)) from None

    def _remote(self, arguments, check):
        self.sent.append(dict(arguments))
        spec = module.argument_spec()
        unknown = set(arguments) - set(spec)
        assert not unknown, unknown
        options = {key: value for key, value in arguments.items() if key not in ("installation", "data_path")}
        try:
            result = module.run(self.host.parameters(**options), check)
        except MqTlsError as error:
            result = {"failed": True, "msg": str(error)}
        self.returned.append(json.loads(json.dumps(result)))
        return result


def steps(result):
    return [(change["object"], change["action"], change["name"].rsplit("/", 1)[-1]) for change in result["changes"]]
