# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The action with a host that stands in for the connection: each remote execution is one run of the module in this process."""

from __future__ import annotations

import json

import pytest
from ansible.errors import AnsibleActionFail
from ansible_collections.mqfleet.tls.plugins.module_utils._core.revocation import Wish
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.authority_index import AuthorityIndex
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from ansible_collections.mqfleet.tls.plugins.modules import certificate_authority
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from cryptography import x509
from repository_host import EC, NOW, Ca, openssl
from repository_site import IDENTITY, LOCAL_CA, Site, steps


@pytest.fixture
def site(tmp_path):
    return Site(tmp_path)


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


@pytest.mark.parametrize(
    ("mqsc", "trust", "may_apply"),
    [
        (None, [], True),
        ({"objects": [], "waits_for": {}}, [], True),
        ({"objects": [], "waits_for": {"qm9": {"queue_manager": "QM9", "channels": ["PAY.QM1", "PAY.QM9"]}}}, [], False),
        ({"objects": []}, [{"queue_manager": "QM2"}], False),
    ],
)
def test_definitions_are_left_to_mqsc_where_they_may_have_to_wait(site, mqsc, trust, may_apply):
    site.make_authority()
    site.run(**{**LOCAL_CA, "trust": [*LOCAL_CA["trust"], *trust]}, mqsc=mqsc)
    assert [sent["_may_apply"] for sent in site.sent] == [may_apply] * len(site.sent)


@pytest.mark.parametrize("recorded", [True, False])
def test_a_revoked_certificate_in_use_is_replaced(site, recorded):
    site.make_authority()
    first = site.run(**LOCAL_CA)["certificate"]
    serial = first["serial_number"]
    options = dict(LOCAL_CA)
    if recorded:
        index = AuthorityIndex(str(site.pki / "ca"))
        index.revoke(Wish(queue_manager="QM1"), "keyCompromise", NOW, False)
    else:
        options["revoked"] = {serial: "keyCompromise"}
    announced = site.run(check=True, **options)
    result = site.run(**options)
    assert [change.get("reason") for change in result["changes"] if change["object"] == "CERTIFICATE"] == ["it is revoked (keyCompromise)"]
    assert announced["changes"] == result["changes"]
    old, new = (x509.load_pem_x509_certificate(one["pem"].encode()) for one in (first, result["certificate"]))
    assert old.public_key() != new.public_key()
    assert site.run(**options)["changes"] == []


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


def test_a_ca_with_an_intermediate_is_trusted_as_a_whole(site):
    names = {"mq_tls_ca_subject": "CN=Root", "mq_tls_ca_intermediate_subject": "CN=Issuing"}
    announced = site.run(check=True, task_vars=names, **LOCAL_CA)
    site.make_authority(subject="CN=Root", intermediate={"subject": "CN=Issuing", "days": 900})
    made = site.run(task_vars=names, **LOCAL_CA)
    assert announced["changes"] == made["changes"]
    assert steps(made)[1:3] == [("TRUST", "add", "CN=Issuing"), ("TRUST", "add", "CN=Root")]
    assert (site.pki / "certificates/QM1.pem").read_text() == made["certificate"]["pem"] + (site.pki / "ca/certificate.pem").read_text()
    assert site.run(**LOCAL_CA)["changes"] == []


def test_the_passphrase_may_be_in_a_file_that_stays_here(site, tmp_path):
    site.make_authority()
    path = put(tmp_path, "passphrase", "sesame\n")
    options = {**LOCAL_CA, "passphrase": None, "passphrase_file": str(path)}
    assert site.run(**options)["certificate"]["subject"] == "CN=QM1,O=Bank"
    assert "sesame" not in json.dumps(site.sent) and "passphrase_file" not in site.sent[0]
    path.unlink()
    with pytest.raises(AnsibleActionFail) as refusal:
        site.run(**options)
    assert refusal.value.message == (
        f"The private key of the CA was to be opened for queue manager QM1 and its passphrase cannot be read from {path} "
        "(No such file or directory); correct mq_tls_ca_passphrase_file."
    )


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


# An external certificate authority

EXTERNAL = {"identity": IDENTITY, "issuer": {"type": "external"}}
REQUESTED = [("FILE", "create", "QM1.pem"), ("FILE", "create", "QM1.txt")]


@pytest.fixture
def root():
    return Ca("CN=Root,O=Bank")


@pytest.fixture
def issuing(root):
    return Ca("CN=Issuing,O=Bank", root=root)


def put(folder, name, *pems):
    folder.mkdir(parents=True, exist_ok=True)
    (folder / name).write_text("".join(pems))
    return folder / name


def twice(site, **options):
    """Check mode, then in earnest: what is made is what was announced, and check mode changes nothing."""
    before = site.host.snapshot(), sorted(site.pki.rglob("*")) if site.pki.exists() else []
    announced = site.run(check=True, **options)
    assert (site.host.snapshot(), sorted(site.pki.rglob("*")) if site.pki.exists() else []) == before
    made = site.run(**options)
    assert announced["changes"] == made["changes"]
    return made


def test_a_request_waits_with_what_its_operator_needs_to_know(site, root):
    put(site.pki / "external", "root.pem", root.pem)
    result = twice(site, **EXTERNAL)
    assert len(site.sent) == 2  # one each
    assert steps(result) == [("KEY REPOSITORY", "create", "key"), ("TRUST", "add", "CN=Root,O=Bank"), *REQUESTED]
    assert (result["certificate"], result["published"], result["missing_issuers"]) == (None, None, [])
    waiting = (
        "The certificate of queue manager QM1 waits for the signature of an external certificate authority (no certificate under this "
        f"label; until then it has none): have {site.pki}/requests/QM1.pem signed, put the answer to {site.pki}/signed/QM1.pem (or .crt, "
        ".cer, .der, .p7b, .p7c) and run again."
    )
    assert result["waiting"] == waiting
    assert site.warnings == [waiting] * 2
    assert (site.pki / "requests/QM1.pem").read_text() == (site.host.directory / "pending/request.pem").read_text()
    assert "Subject: O = Bank, CN = QM1" in openssl("req", "-in", f"{site.pki}/requests/QM1.pem", "-noout", "-text")
    text = (site.pki / "requests/QM1.txt").read_text()
    for line in (
        "queue manager          QM1",
        "subject                CN=QM1,O=Bank",
        "key                    EC 256",
        "valid for              365 days",
        "key usage              digitalSignature\n",
        "extended key usage     serverAuth, clientAuth",
        f"  {site.pki}/signed/QM1.p7b\n",
        f"  {site.pki}/external/*.pem\n",
    ):
        assert line in text
    # a run while it waits changes nothing and costs one execution
    before = site.host.snapshot()
    again = twice(site, **EXTERNAL)
    assert (again["changed"], again["changes"], again["waiting"], len(site.sent)) == (False, [], waiting, 4)
    assert site.host.snapshot() == before
    # a lost request is written once more, the key stays
    (site.pki / "requests/QM1.pem").unlink()
    assert steps(twice(site, **EXTERNAL)) == REQUESTED[:1]
    assert site.host.snapshot() == before


def forms(leaf, *above):
    """The answer in each form: suffix and bytes."""
    from cryptography.hazmat.primitives.serialization import Encoding, pkcs7  # noqa: PLC0415
    from cryptography.x509 import load_pem_x509_certificate  # noqa: PLC0415

    loaded = [load_pem_x509_certificate(pem.encode()) for pem in (*above, leaf)]
    signed_data = pkcs7.serialize_certificates(loaded, Encoding.PEM)
    return {
        "chain in disorder": (".pem", "".join(["text around\n", *above, leaf]).encode()),
        "certificate alone": (".crt", leaf.encode()),
        "der": (".der", loaded[-1].public_bytes(Encoding.DER)),
        "pkcs7 der": (".p7b", pkcs7.serialize_certificates(loaded, Encoding.DER)),
        "pkcs7 pem": (".p7c", signed_data),
        "pkcs7 as windows writes it": (".cer", signed_data.replace(b"PKCS7", b"CERTIFICATE")),
    }


FORMS = ["chain in disorder", "certificate alone", "der", "pkcs7 der", "pkcs7 pem", "pkcs7 as windows writes it"]


@pytest.mark.parametrize("form", FORMS)
def test_the_answer_is_picked_up_in_any_form(site, root, issuing, form):
    alone = form in ("certificate alone", "der")
    if alone:
        put(site.pki / "external", "bank.pem", root.pem, issuing.pem)
    site.run(**EXTERNAL)
    request = (site.pki / "requests/QM1.pem").read_text()
    suffix, data = forms(issuing.sign(request)[0], root.pem, issuing.pem)[form]
    (site.pki / "signed").mkdir()
    answer = site.pki / f"signed/QM1{suffix}"
    answer.write_bytes(data)
    result = twice(site, **EXTERNAL)
    kept = [] if alone else [("FILE", "create")] * 2
    assert [step[:2] for step in steps(result)] == [
        *([] if alone else [("TRUST", "add")] * 2),
        ("CERTIFICATE", "issue"),
        ("FILE", "create"),
        *kept,
        *[("FILE", "remove")] * 3,
    ]
    assert (result["waiting"], result["certificate"]["issuer"]) == (None, "CN=Issuing,O=Bank")
    assert [entry["subject"] for entry in result["trust"]] == (
        ["CN=Root,O=Bank", "CN=Issuing,O=Bank"] if alone else ["CN=Issuing,O=Bank", "CN=Root,O=Bank"]
    )
    published = (site.pki / "certificates/QM1.pem").read_text()
    assert published == result["certificate"]["pem"] + issuing.pem + root.pem
    assert not answer.exists() and not list((site.pki / "requests").iterdir())
    again = twice(site, **EXTERNAL)
    assert (again["changes"], again["waiting"]) == ([], None)
    # a partner with another issuer finds the certificates to trust
    partner = site.run(identity=None, trust=[{"issuer": "external"}])
    assert partner["missing_issuers"] == []


def test_the_old_identity_stays_in_use_while_the_next_one_waits(site, root):
    site.make_authority()
    old = site.run(**LOCAL_CA)["certificate"]
    put(site.pki / "external", "root.pem", root.pem)
    waiting = twice(site, **EXTERNAL, purge_trust=True)
    assert steps(waiting) == [("TRUST", "add", "CN=Root,O=Bank"), *REQUESTED]
    assert waiting["certificate"] == old
    assert f"the one in use, which ends on {old['not_after']}, stays" in waiting["waiting"]
    assert "another key than the wanted issuer's signed it: CN=MQ fleet CA" in waiting["waiting"]
    put(site.pki / "signed", "QM1.pem", root.sign((site.pki / "requests/QM1.pem").read_text())[0])
    done = twice(site, **EXTERNAL, purge_trust=True)
    assert ("CERTIFICATE", "replace", "ibmwebspheremqqm1") in steps(done)
    assert ("TRUST", "remove", "CN=MQ fleet CA") in steps(done)
    assert done["certificate"]["issuer"] == "CN=Root,O=Bank"


def test_a_request_that_nobody_awaits_any_more_is_taken_back(site):
    site.make_authority()
    site.run(**EXTERNAL)
    done = site.run(**LOCAL_CA)
    assert done["waiting"] is None
    put(site.pki / "external", "fleet.pem", (site.pki / "ca/certificate.pem").read_text())
    left = twice(site, **EXTERNAL)
    assert steps(left) == [("FILE", "remove", "QM1.pem"), ("FILE", "remove", "QM1.txt")]


REFUSALS = [
    (
        lambda root, request: ["nothing"],
        "The answer {answer} to the request of queue manager QM1 was to be read and is neither PEM nor DER nor PKCS#7 with certificates; "
        "copy it again as a whole.",
    ),
    (
        lambda root, request: root.sign(request)[:1] + ["-----BEGIN PRIVATE KEY-----\n"],
        "The answer {answer} to the request of queue manager QM1 was to be read and holds a private key; take that out, it has no business "
        "there: only certificates have.",
    ),
    (
        lambda root, request: [root.pem],
        "{attempt} and it holds no certificate for the key that this request is for, only CN=Root,O=Bank; {remedy}",
    ),
    (
        lambda root, request: Ca("CN=Other").sign(request)[:1],
        "{attempt} and its chain does not reach a root: the certificate of CN=Other, which signed CN=QM1,O=Bank, is missing; {remedy}",
    ),
    (
        lambda root, request: Ca("CN=Other").sign(request),
        "{attempt} and its chain ends at CN=Other, which is not among the CA certificates to trust; {remedy}",
    ),
]


@pytest.mark.parametrize(("answer", "message"), REFUSALS)
def test_an_answer_that_does_not_fit_is_refused_and_nothing_is_changed(site, root, answer, message):
    options = {**EXTERNAL, "issuer": {"type": "external", "trust": root.pem}}
    site.run(**options)
    path = put(site.pki / "signed", "QM1.pem", *answer(root, (site.pki / "requests/QM1.pem").read_text()))
    before = site.host.snapshot(), {one: one.read_text() for one in site.pki.rglob("*") if one.is_file()}
    for check in (True, False):
        with pytest.raises(AnsibleActionFail) as refusal:
            site.run(check=check, **options)
        assert refusal.value.message == message.format(
            answer=path,
            attempt=f"The answer {path} to the request of queue manager QM1 was to be installed",
            remedy="nothing was changed: put the right answer there, or take it away and the request is written once more.",
        )
    assert (site.host.snapshot(), {one: one.read_text() for one in site.pki.rglob("*") if one.is_file()}) == before


def test_two_answers_are_one_too_many(site, root):
    site.run(**EXTERNAL)
    for name in ("QM1.pem", "QM1.crt"):
        put(site.pki / "signed", name, *root.sign((site.pki / "requests/QM1.pem").read_text()))
    with pytest.raises(
        AnsibleActionFail, match=r"QM1.pem .* and there is .*/signed/QM1.crt as well; nothing was changed: take one away\.$"
    ):
        site.run(**EXTERNAL)


def test_an_answer_that_a_crash_left_there_is_taken_away(site, root):
    site.run(**EXTERNAL)
    answer = "".join(root.sign((site.pki / "requests/QM1.pem").read_text()))
    put(site.pki / "signed", "QM1.pem", answer)
    site.run(**EXTERNAL)
    put(site.pki / "signed", "QM1.pem", answer)
    put(site.pki / "signed", "QM1.crt", "something else")
    assert steps(twice(site, **EXTERNAL)) == [("FILE", "remove", "QM1.pem")]


def test_a_partner_of_an_unknown_issuer_is_named(site):
    options = {**SELF_SIGNED, "trust": [{"issuer": "external"}], "purge_trust": True}
    result = site.run(**options)
    assert (result["missing_issuers"], site.sent[0]["purge_trust"]) == (["external"], False)
    assert site.warnings == [
        "The key repository of queue manager QM1 was to trust the issuer external, of which no CA certificate is known yet; "
        f"put it to {site.pki}/external/*.pem, or wait for the first answer that brings it."
    ]


# A command


def sign_with(tmp_path, ca, extra=""):
    """A command that signs with a CA by `openssl ca`."""
    folder = tmp_path / "openssl"
    (folder / "new").mkdir(parents=True)
    (folder / "index.txt").write_text("")
    (folder / "serial").write_text("1000\n")
    (folder / "ca.pem").write_text(ca.pem)
    (folder / "ca.key").write_bytes(certificates.key_to_pem(ca.key))
    (folder / "ca.cnf").write_text(
        f"""[ca]
default_ca = bank
[bank]
dir = {folder}
database = $dir/index.txt
serial = $dir/serial
new_certs_dir = $dir/new
certificate = $dir/ca.pem
private_key = $dir/ca.key
default_md = sha256
default_days = 365
policy = any
x509_extensions = queue_manager
[any]
organizationName = optional
commonName = supplied
[queue_manager]
basicConstraints = critical, CA:FALSE
keyUsage = critical, digitalSignature
extendedKeyUsage = serverAuth, clientAuth
"""
    )
    program = folder / "sign"
    program.write_text(
        f'#!/bin/sh\nset -e\ncat > {folder}/request.pem\nopenssl ca -batch -notext -config "$1" -in {folder}/request.pem\n{extra}'
    )
    program.chmod(0o755)
    return [str(program), str(folder / "ca.cnf")]


def test_openssl_ca_as_the_command(site, root, issuing, tmp_path):
    argv = sign_with(tmp_path, issuing, f"cat {tmp_path}/openssl/ca.pem\n")
    issuer = {"type": "command", "argv": argv, "trust": [root.pem], "timeout": 20}
    result = twice(site, identity=IDENTITY, issuer={**issuer, "trust": [root.pem, issuing.pem]})
    assert result["certificate"]["issuer"] == "CN=Issuing,O=Bank"
    assert "ca.cnf" not in json.dumps(site.sent)
    assert site.run(identity=IDENTITY, issuer={**issuer, "trust": [root.pem, issuing.pem]})["changes"] == []
    # the intermediate that came with the answer is known from then on
    file = put(tmp_path, "root.pem", root.pem)
    assert site.run(identity=IDENTITY, issuer={**issuer, "trust": str(file)})["changes"] == []
    partner = site.run(identity=None, trust=[{"issuer": "command", "trust": [root.pem]}])
    assert partner["missing_issuers"] == []


def test_an_intermediate_of_a_command_comes_with_its_answer(site, root, issuing, tmp_path):
    argv = sign_with(tmp_path, issuing, f"cat {tmp_path}/openssl/ca.pem\n")
    options = {"identity": IDENTITY, "issuer": {"type": "command", "argv": argv, "trust": [root.pem]}}
    result = site.run(**options)
    assert [entry["subject"] for entry in result["trust"]] == ["CN=Root,O=Bank", "CN=Issuing,O=Bank"]
    assert (site.pki / "certificates/QM1.pem").read_text() == result["certificate"]["pem"] + issuing.pem + root.pem
    assert twice(site, **options)["changes"] == []
    # another CA: what the former one left does not count
    other = Ca("CN=Other")
    (tmp_path / "other").mkdir()
    changed = site.run(identity=IDENTITY, issuer={"type": "command", "argv": sign_with(tmp_path / "other", other), "trust": [other.pem]})
    assert changed["certificate"]["issuer"] == "CN=Other"


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"identity": IDENTITY, "issuer": {"type": "acme"}},
            "The certificate of queue manager QM1 was to be issued by 'acme', which is no type of issuer; "
            "use local_ca, self_signed, external or command.",
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
            "trust[0] of queue manager QM1 is {'issuer': 'acme'}; give certificates, {issuer: local_ca} (or external, command) or {queue_manager: NAME}.",
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
