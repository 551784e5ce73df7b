# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action with a host that stands in for the connection: each remote execution is one run of the module in this process."""

from __future__ import annotations

import json
from types import SimpleNamespace

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.action.key_repository import ActionModule
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import MqTlsError
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority
from ansible_collections.mqfleet.tls.plugins.modules import key_repository as module
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from repository_host import EC, NOW, Host, openssl

IDENTITY = {**EC, "subject": "CN=QM1,O=Bank", "label": "ibmwebspheremqqm1"}
LOCAL_CA = {"identity": IDENTITY, "issuer": {"type": "local_ca"}, "trust": [{"issuer": "local_ca"}], "passphrase": "sesame"}


class Site:
    """A controller with a PKI folder and one host. ``sent`` keeps what went to the host, ``returned`` what came back."""

    def __init__(self, folder):
        self.host = Host.make(folder / "host")
        self.pki = folder / "pki"
        self.sent = []
        self.returned = []

    def make_authority(self):
        parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
        certificate_authority.run({**parameters, "pki_dir": str(self.pki), "key_type": "EC", "passphrase": "sesame"}, False, NOW)

    def run(self, check=False, task_vars=None, **options):
        action = ActionModule.__new__(ActionModule)
        places = {"installation": f"{self.host.folder}/opt/mqm", "data_path": f"{self.host.folder}/var/mqm"}
        arguments = {"queue_manager": "QM1", "pki_dir": str(self.pki), **places, **options}
        action._task = SimpleNamespace(args=arguments, check_mode=check, async_val=0)
        action._templar = SimpleNamespace(template=lambda text: text)
        action._execute_module = lambda module_name, module_args, task_vars: self._remote(module_args, check)
        try:
            return action._run(task_vars or {})
        except MqTlsError as error:
            raise AnsibleActionFail(str(error)) from error

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


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


def steps(result):
    return [(change["object"], change["action"], change["name"].rsplit("/", 1)[-1]) for change in result["changes"]]


ALL = [
    ("KEY REPOSITORY", "create", "key"),
    ("TRUST", "add", "CN=MQ fleet CA"),
    ("CERTIFICATE", "issue", "ibmwebspheremqqm1"),
    ("FILE", "create", "QM1.pem"),
]


def test_a_signed_certificate_takes_two_executions_and_nothing_to_do_one(site):
    site.make_authority()
    result = site.run(**LOCAL_CA)
    assert len(site.sent) == 2
    assert steps(result) == ALL
    assert "_request" not in result
    assert result["missing_partners"] == []
    assert result["published"] == str(site.pki / "certificates/QM1.pem")
    authority = str(site.pki / "ca/certificate.pem")
    assert "OK" in openssl("verify", "-CAfile", authority, result["published"])
    before = site.host.snapshot(), (site.pki / "certificates/QM1.pem").stat().st_mtime_ns
    again = site.run(**LOCAL_CA)
    assert len(site.sent) == 3
    assert (again["changed"], again["changes"]) == (False, [])
    assert (site.host.snapshot(), (site.pki / "certificates/QM1.pem").stat().st_mtime_ns) == before


def test_check_mode_before_there_is_a_ca_announces_what_is_then_made(site):
    announced = site.run(check=True, **LOCAL_CA)
    assert not site.pki.exists()
    site.make_authority()
    assert announced["changes"] == site.run(**LOCAL_CA)["changes"]


def test_a_ca_yet_to_be_made_has_the_name_that_the_inventory_gives_it(site):
    announced = site.run(check=True, task_vars={"mq_tls_ca_subject": "CN=Bank CA, O=Bank"}, **LOCAL_CA)
    assert ("TRUST", "add", "CN=Bank CA,O=Bank") in steps(announced)
    options = {**LOCAL_CA, "issuer": {"type": "local_ca", "subject": "CN=Other CA"}}
    assert ("TRUST", "add", "CN=Other CA") in steps(site.run(check=True, **options))


def test_without_a_ca_nothing_is_sent_to_the_host(site):
    with pytest.raises(AnsibleActionFail) as refusal:
        site.run(**LOCAL_CA)
    assert refusal.value.message == (
        f"The key repository of queue manager QM1 was to trust the CA in {site.pki}, which is not made yet; "
        "run mqfleet.tls.certificate_authority first."
    )
    assert site.sent == []


def test_neither_private_key_nor_passphrase_crosses_the_connection(site):
    site.make_authority()
    site.run(**LOCAL_CA)
    password = site.host.password
    for text in (json.dumps(site.sent), json.dumps(site.returned)):
        assert "PRIVATE KEY" not in text
        assert "sesame" not in text
        assert password not in text
    assert not {"pki_dir", "passphrase", "seen"} & set(site.sent[0])
    found = [path for path in site.pki.rglob("*") if path.is_file() and "PRIVATE KEY" in path.read_text()]
    assert [path.name for path in found] == ["private_key.pem"]


def test_a_failed_signature_leaves_the_host_with_its_request(site):
    site.make_authority()
    with pytest.raises(AnsibleActionFail, match="the passphrase does not open its private key"):
        site.run(**{**LOCAL_CA, "passphrase": "wrong"})
    request = (site.host.directory / "pending/request.pem").read_text()
    assert not (site.host.ssl / "key.p12").exists()
    site.run(**LOCAL_CA)
    assert site.returned[1]["_request"] == request


SELF_SIGNED = {"identity": IDENTITY, "issuer": {"type": "self_signed"}}


def test_self_signed_partners_find_one_another_through_the_folder(tmp_path):
    one, two = Site(tmp_path / "one"), Site(tmp_path / "two")
    two.pki = one.pki
    partner = {"trust": [{"queue_manager": "QM1"}], "issuer": {"type": "self_signed"}}
    other = {"queue_manager": "QM2", "identity": {**EC, "subject": "CN=QM2", "label": "qm2"}}
    ini = two.host.folder / "var/mqm/mqs.ini"
    ini.write_text(ini.read_text().replace("=QM1", "=QM2", 1))
    options = {**SELF_SIGNED, "trust": [{"queue_manager": "QM2"}]}

    assert ("TRUST", "add", "QM2") in steps(one.run(check=True, **options))
    one.sent.clear()
    first = one.run(**options)
    assert first["missing_partners"] == ["QM2"]
    assert first["certificate"]["pem"] == (one.pki / "certificates/QM1.pem").read_text()
    # nothing new: no remote execution
    seen = one.run(seen=first, **options)
    assert (len(one.sent), seen["changed"], seen["changes"], seen["missing_partners"]) == (1, False, [], ["QM2"])
    assert seen["repository"] == first["repository"]

    second = two.run(**{**partner, **other})
    assert second["missing_partners"] == []
    assert [entry["label"] for entry in second["trust"]] == ["QM1"]

    result = one.run(seen=first, **options)
    assert (len(one.sent), result["missing_partners"]) == (2, [])
    assert steps(result) == [("TRUST", "add", "QM2")]
    assert one.run(seen=result, **options)["changed"] is False
    assert len(one.sent) == 2


def test_a_renewed_partner_is_seen(tmp_path):
    site = Site(tmp_path)
    (site.pki / "certificates").mkdir(parents=True)
    published = site.pki / "certificates/QM2.pem"
    from repository_host import self_signed  # noqa: PLC0415

    published.write_text(self_signed())
    options = {**SELF_SIGNED, "trust": [{"queue_manager": "QM2"}]}
    first = site.run(**options)
    published.write_text(self_signed())
    renewed = site.run(seen=first, **options)
    assert [change["name"] for change in renewed["changes"]] == ["QM2"]
    assert len(renewed["trust"]) == 2  # the old one goes with purge_trust only
    purged = site.run(**options, purge_trust=True)
    assert [change["action"] for change in purged["changes"]] == ["remove"]


def test_nothing_is_purged_while_a_partner_is_missing(tmp_path):
    site = Site(tmp_path)
    options = {**SELF_SIGNED, "trust": [{"queue_manager": "QM2"}], "purge_trust": True}
    site.run(**options)
    assert site.sent[0]["purge_trust"] is False


def test_a_partner_with_a_ca_is_trusted_by_its_ca(site):
    site.make_authority()
    site.run(**LOCAL_CA)
    chain = (site.pki / "certificates/QM1.pem").read_text()
    (site.pki / "certificates/QM2.pem").write_text(chain)
    result = site.run(**{**LOCAL_CA, "trust": [{"queue_manager": "QM2"}]})
    assert result["changes"] == []
    assert site.sent[-1]["trust"][0]["certificates"] == [(site.pki / "ca/certificate.pem").read_text()]


def test_from_one_ca_to_another(site):
    site.make_authority()
    site.run(**LOCAL_CA)
    parameters = {name: one.get("default") for name, one in certificate_authority.argument_spec().items()}
    parameters.update(pki_dir=str(site.pki), key_type="EC", passphrase="sesame", subject="CN=New CA", rollover=True)
    certificate_authority.run(parameters, False, NOW)
    authorities = PkiFolder(str(site.pki)).authorities
    # accepted before it signs, then it signs, and in the end it is alone
    assert steps(site.run(**LOCAL_CA)) == [("TRUST", "add", "CN=New CA")]
    authorities.promote()
    reissued = site.run(**LOCAL_CA)
    assert steps(reissued) == [("CERTIFICATE", "replace", "ibmwebspheremqqm1"), ("FILE", "replace", "QM1.pem")]
    assert reissued["certificate"]["issuer"] == "CN=New CA"
    authorities.retire()
    assert steps(site.run(**LOCAL_CA)) == [("TRUST", "remove", "CN=MQ fleet CA")]
    assert steps(site.run(**LOCAL_CA)) == []


def test_a_lost_publication_is_made_good(site):
    site.make_authority()
    site.run(**LOCAL_CA)
    path = site.pki / "certificates/QM1.pem"
    good = path.read_text()
    path.unlink()
    announced = site.run(check=True, **LOCAL_CA)
    assert steps(announced) == [("FILE", "create", "QM1.pem")]
    assert not path.exists()
    assert site.run(**LOCAL_CA)["changes"] == announced["changes"]
    assert path.read_text() == good


def test_a_directory_that_the_first_execution_makes_is_told_of(site):
    path = str(site.host.ssl / "more/key")
    announced = site.run(check=True, path=path, **LOCAL_CA)
    site.make_authority()
    made = site.run(path=path, **LOCAL_CA)
    assert steps(made) == [("FILE", "create", "more"), *ALL]
    assert made["changes"] == announced["changes"]


def test_one_way_only(site):
    site.make_authority()
    result = site.run(trust=[{"issuer": "local_ca"}], identity=None, issuer={"type": "local_ca"}, passphrase="sesame")
    assert steps(result) == ALL[:2]
    assert (result["certificate"], result["published"]) == (None, None)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"identity": IDENTITY, "issuer": {"type": "external"}},
            "The certificate of queue manager QM1 was to be issued by 'external', which this release does not support yet; "
            "use local_ca or self_signed.",
        ),
        ({"identity": IDENTITY}, "The certificate of queue manager QM1 was to be issued and issuer is missing; give {type: local_ca}."),
        (
            {**SELF_SIGNED, "production": True},
            "The certificate of queue manager QM1 was to be self-signed, which mq_tls_production refuses; "
            "set mq_tls_issuer to a certificate authority, for example {type: local_ca}.",
        ),
        (
            {"trust": [{"queue_manager": "QM2"}], "pki_dir": None},
            "trust[0] of queue manager QM1 is {'queue_manager': 'QM2'}, for which the PKI folder is needed; give pki_dir.",
        ),
        (
            {"trust": [{"issuer": "acme"}]},
            "trust[0] of queue manager QM1 is {'issuer': 'acme'}; give certificates, {issuer: local_ca} or {queue_manager: NAME}.",
        ),
    ],
)
def test_refused_before_the_host_is_touched(site, options, message):
    with pytest.raises(AnsibleActionFail) as refusal:
        site.run(**options)
    assert refusal.value.message == message
    assert site.sent == []


def test_a_refusal_of_the_host_is_passed_on(site):
    result = site.run(**{**SELF_SIGNED, "identity": {**IDENTITY, "key_size": 1024}})
    assert result["failed"] is True
    assert result["msg"].endswith("and its key size is 1024 bits; EC keys have one of 256, 384, 521.")
