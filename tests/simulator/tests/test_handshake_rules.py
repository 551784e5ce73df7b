# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""The rules of the handshake, with real handshakes, and the messages that both ends write.

IBM MQ documentation, "Connecting two queue managers using SSL/TLS", "SSLCAUTH", "Relationship between alias CipherSpec settings".
"""

from __future__ import annotations

import contextlib
import subprocess

import pytest
from cryptography.hazmat.primitives.serialization import Encoding

from mqsim import tls
from mqsim.gskit import key_database

CHANNEL = "QM1.TO.QM2"
QM1_NAME, QM2_NAME = "CN=QM1,O=Bank", "CN=QM2,O=Bank"


@pytest.fixture(params=["cms", "pkcs12"])
def kind(request):
    return request.param


def run(qm1, qm2):
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RUNNING")
    return qm1.row(CHANNEL), qm2.wait(CHANNEL, "RUNNING")


def refused(qm1, qm2, initiator, responder):
    """The channel does not come up; each end's log has exactly this message and the one that sums up."""
    qm1.engine.start_channel(CHANNEL)
    row = qm1.wait(CHANNEL, "RETRYING")
    assert (row["SECPROT"], row["SSLPEER"], row["SSLCERTI"], row["SSLCIPH"]) == ("NONE", "", "", "")
    qm1.wait_for_messages(*initiator, "AMQ9999E")
    qm2.wait_for_messages(*responder, "AMQ9999E")
    assert qm2.row(CHANNEL) is None


# Who validates whom -------------------------------------------------------------------------------------------------------------


def test_both_certificates_are_shown_on_the_other_end(link, kind, identity, ca):
    qm1, qm2 = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    initiator, responder = run(qm1, qm2)
    assert initiator["SSLPEER"].endswith(",CN=QM2,O=Bank")
    assert responder["SSLPEER"].endswith(",CN=QM1,O=Bank")
    assert initiator["SSLCERTI"] == responder["SSLCERTI"] == "CN=Fleet CA,O=Bank"
    assert initiator["SECPROT"] == responder["SECPROT"] == "TLSV13"
    assert initiator["SSLCIPH"] == responder["SSLCIPH"]


def test_self_signed_certificates_of_one_another(link, kind, identity):
    qm1, qm2 = link()
    one, two = identity(QM1_NAME), identity(QM2_NAME)
    qm1.key_repository(kind, one, trust=[two])
    qm2.key_repository(kind, two, trust=[one])
    initiator, responder = run(qm1, qm2)
    assert initiator["SSLCERTI"] == "CN=QM2,O=Bank"
    assert responder["SSLCERTI"] == "CN=QM1,O=Bank"


@pytest.mark.parametrize("spec", ["ANY_TLS12", "ANY_TLS13"])
def test_the_client_validates_the_server_even_one_way(link, kind, identity, ca, spec):
    stranger = identity("CN=Other CA,O=Else", ca=True)
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec, "SSLCAUTH": "OPTIONAL"})
    qm1.key_repository(kind, None, trust=[ca])
    qm2.key_repository(kind, identity(QM2_NAME, stranger), trust=[ca])
    refused(qm1, qm2, ["AMQ9633E"], ["AMQ9665E"])
    assert "CommentInsert2([Class=]GSKVALMethod" in qm1.log_text()
    assert "ArithInsert1(414) ArithInsert2(5750" in qm1.log_text()
    assert "Channel '????'" in qm2.log_text()


# GSKit does not present a certificate of its own that is out of its dates, and MQ says so on that end (AMQ9797E). What a queue
# manager does when a partner presents one is seen with a partner that does: OpenSSL.

OUT_OF_DATE = pytest.mark.parametrize(("begins", "ends", "code"), [(-30, -1, 575018), (1, 30, 575017)], ids=["expired", "not yet valid"])


@OUT_OF_DATE
def test_a_responder_with_a_certificate_out_of_its_dates(link, kind, identity, ca, begins, ends, code):
    qm1, qm2 = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca, begins=begins, ends=ends))
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9797E"])
    assert f"validation code is\n{code}" in qm2.log_text() or f"validation code is {code}" in qm2.log_text()


@OUT_OF_DATE
def test_an_initiator_with_a_certificate_out_of_its_dates(link, kind, identity, ca, begins, ends, code):
    qm1, qm2 = link(responder={"SSLCAUTH": "OPTIONAL"})
    qm1.key_repository(kind, identity(QM1_NAME, ca, begins=begins, ends=ends))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RETRYING")
    qm1.wait_for_messages("AMQ9797E", "AMQ9999E")
    assert qm2.messages() == []
    assert str(code) in qm1.log_text()


@OUT_OF_DATE
@pytest.mark.parametrize("protocol", ["-tls1_2", "-tls1_3"])
def test_the_server_refuses_a_client_certificate_out_of_its_dates(
    queue_manager, kind, identity, ca, tmp_path, begins, ends, code, protocol
):
    qm = queue_manager("QM2")
    qm.key_repository(kind, identity(QM2_NAME, ca))
    qm.engine.open()
    s_client(qm, tmp_path, protocol, identity=identity(QM1_NAME, ca, begins=begins, ends=ends))
    qm.wait_for_messages("AMQ9633E", "AMQ9999E")
    assert f"ArithInsert1(414) ArithInsert2({code})" in qm.log_text()


@OUT_OF_DATE
@pytest.mark.parametrize("protocol", ["-tls1_2", "-tls1_3"])
def test_the_client_refuses_a_server_certificate_out_of_its_dates(link, kind, identity, ca, tmp_path, begins, ends, code, protocol):
    qm1, _ = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    with s_server(tmp_path, protocol, identity(QM2_NAME, ca, begins=begins, ends=ends)) as port:
        qm1.channels[CHANNEL]["CONNAME"] = f"127.0.0.1({port})"
        qm1.engine.start_channel(CHANNEL)
        qm1.wait(CHANNEL, "RETRYING")
    qm1.wait_for_messages("AMQ9633E", "AMQ9999E")
    assert f"ArithInsert1(414) ArithInsert2({code})" in qm1.log_text()


def test_a_chain_that_is_not_complete_in_the_own_key_repository(link, kind, identity, ca):
    qm1, qm2 = link()
    orphan = identity(QM2_NAME, identity("CN=Intermediate,O=Bank", ca, ca=True))
    orphan.issuer = None
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, orphan, trust=[ca])
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9797E"])


@pytest.mark.parametrize("authentication", ["REQUIRED", "OPTIONAL"])
@pytest.mark.parametrize("spec", ["ANY_TLS12", "ANY_TLS13"])
def test_the_server_validates_what_was_sent_even_where_it_is_optional(link, kind, identity, ca, spec, authentication):
    stranger = identity("CN=Other CA,O=Else", ca=True)
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec, "SSLCAUTH": authentication})
    qm1.key_repository(kind, identity(QM1_NAME, stranger), trust=[ca])
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9633E"])


# Nothing sent -------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("spec", ["ANY_TLS12", "ANY_TLS13"])
@pytest.mark.parametrize("why", ["no certificate", "label not found"])
def test_nothing_sent_and_optional_runs_anonymously(link, kind, identity, ca, why, spec):
    qm1, qm2 = link({"SSLCIPH": spec, "CERTLABL": "nowhere" if why == "label not found" else ""}, {"SSLCIPH": spec, "SSLCAUTH": "OPTIONAL"})
    qm1.key_repository(kind, identity(QM1_NAME, ca) if why == "label not found" else None, trust=[ca])
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    initiator, responder = run(qm1, qm2)
    assert initiator["SSLPEER"].endswith(",CN=QM2,O=Bank")
    assert (responder["SSLPEER"], responder["SSLCERTI"]) == ("", "")
    assert responder["SECPROT"] == spec.removeprefix("ANY_").replace("TLS", "TLSV")


@pytest.mark.parametrize("spec", ["ANY_TLS12", "ANY_TLS13"])
@pytest.mark.parametrize(
    "responder", [{"SSLCAUTH": "REQUIRED"}, {"SSLCAUTH": "OPTIONAL", "SSLPEER": "CN=*"}], ids=["required", "peer name"]
)
def test_nothing_sent_fails_where_a_certificate_is_wanted(link, kind, identity, ca, responder, spec):
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec, **responder})
    qm1.key_repository(kind, None, trust=[ca])
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9642E"], ["AMQ9637E"])


def test_an_optional_certificate_that_is_good_is_shown(link, kind, identity, ca):
    qm1, qm2 = link(responder={"SSLCAUTH": "OPTIONAL"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    assert run(qm1, qm2)[1]["SSLPEER"].endswith(",CN=QM1,O=Bank")


# Names --------------------------------------------------------------------------------------------------------------------------


def test_peer_names_that_match(link, kind, identity, ca):
    qm1, qm2 = link({"SSLPEER": "O=bank, CN=QM2"}, {"SSLPEER": "CN=QM*"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    run(qm1, qm2)


def test_the_client_checks_the_servers_name(link, kind, identity, ca):
    qm1, qm2 = link({"SSLPEER": "CN=QM3"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9636E"], ["AMQ9643E"])
    assert "CommentInsert1(QM1.TO.QM2)" in qm1.log_text()
    assert f",{QM2_NAME})" in qm1.log_text()


def test_the_server_checks_the_clients_name(link, kind, identity, ca):
    qm1, qm2 = link(responder={"SSLPEER": "CN=QM1,OU=Payments"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9643E"], ["AMQ9636E"])


# CipherSpecs --------------------------------------------------------------------------------------------------------------------

TLS12, TLS13, TLS12_OTHER = "ECDHE_RSA_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "ECDHE_RSA_AES_128_GCM_SHA256"


@pytest.mark.parametrize("spec", [TLS12, TLS13, "TLS_RSA_WITH_AES_128_CBC_SHA256", "TLS_AES_256_GCM_SHA384"])
def test_one_cipherspec_on_both_ends(link, kind, identity, ca, spec):
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    initiator, responder = run(qm1, qm2)
    assert initiator["SSLCIPH"] == responder["SSLCIPH"] == spec


def test_an_elliptic_curve_certificate_and_its_cipherspec(link, kind, identity, ca):
    spec = "ECDHE_ECDSA_AES_256_GCM_SHA384"
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec})
    qm1.key_repository(kind, identity(QM1_NAME, ca, key_type="EC"))
    qm2.key_repository(kind, identity(QM2_NAME, ca, key_type="EC"))
    assert run(qm1, qm2)[0]["SSLCIPH"] == spec


def test_different_cipherspecs_fail_after_the_handshake(link, kind, identity, ca):
    qm1, qm2 = link({"SSLCIPH": TLS12}, {"SSLCIPH": TLS12_OTHER})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9641E"], ["AMQ9631E"])
    assert f"CommentInsert2({TLS12_OTHER})" in qm2.log_text()
    assert f"CommentInsert3({TLS12})" in qm2.log_text()


def test_a_cipherspec_that_does_not_fit_the_responders_key_fails_in_the_handshake(link, kind, identity, ca):
    spec = "ECDHE_ECDSA_AES_256_GCM_SHA384"
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": spec})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9616E"])
    assert f"AMQ9616E: The CipherSpec '{spec}' proposed by" in qm2.log_text()


@pytest.mark.parametrize(
    ("initiator", "responder", "messages"),
    [("", "ANY_TLS12", ("AMQ9641E", "AMQ9639E")), ("ANY_TLS12", "", ("AMQ9641E", "AMQ9635E"))],
    ids=["only the responder", "only the initiator"],
)
def test_tls_on_one_end_only(link, kind, identity, ca, initiator, responder, messages):
    qm1, qm2 = link({"SSLCIPH": initiator}, {"SSLCIPH": responder})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, messages[:1], messages[1:])


def test_a_deprecated_cipherspec_left_over_at_the_responder(link, kind, identity, ca):
    qm1, qm2 = link({}, {"SSLCIPH": "TLS_RSA_WITH_AES_128_CBC_SHA"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    refused(qm1, qm2, ["AMQ9641E"], ["AMQ9788E"])


def test_no_tls_on_either_end(link):
    qm1, qm2 = link({"SSLCIPH": ""}, {"SSLCIPH": "", "SSLPEER": "CN=nobody"})
    initiator, responder = run(qm1, qm2)
    for row in (initiator, responder):
        assert (row["SECPROT"], row["SSLPEER"], row["SSLCERTI"], row["SSLCIPH"]) == ("NONE", "", "", "")


@pytest.mark.parametrize(
    ("which", "change", "messages"),
    [
        (1, {"ini": {"AllowTLSV13": "FALSE"}}, ("AMQ9665E", "AMQ9616E")),
        (1, {"ini": {"AllowedCipherSpecs": "ECDHE_RSA_AES_256_GCM_SHA384"}}, ("AMQ9665E", "AMQ9616E")),
        (1, {"attributes": {"SUITEB": "128_BIT"}}, ("AMQ9665E", "AMQ9616E")),
    ],
    ids=["TLS 1.3 off", "not in AllowedCipherSpecs", "Suite B"],
)
def test_a_cipherspec_that_the_responder_has_not_enabled(link, kind, identity, ca, which, change, messages):
    spec = "TLS_AES_256_GCM_SHA384"
    pair = link({"SSLCIPH": spec}, {"SSLCIPH": "ANY"})
    pair[which].ini["SSL"] = {"AllowTLSV13": "TRUE", **change.get("ini", {})}
    pair[which].attributes.update(change.get("attributes", {}))
    for qm, name in zip(pair, (QM1_NAME, QM2_NAME)):
        qm.key_repository(kind, identity(name, ca))
    refused(*pair, messages[:1], messages[1:])


def test_fips_mode(link, kind, identity, ca):
    spec = "TLS_CHACHA20_POLY1305_SHA256"
    qm1, qm2 = link({"SSLCIPH": spec}, {"SSLCIPH": "ANY"})
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    qm2.attributes["SSLFIPS"] = "YES"
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9616E"])
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    qm1.channels[CHANNEL]["SSLCIPH"] = "ANY"
    assert run(qm1, qm2)[0]["SSLCIPH"] == "TLS_AES_256_GCM_SHA384"


# Aliases: the tables of "Relationship between alias CipherSpec settings"; a blank is a pair that connects only if the strongest common
# CipherSpec happens to be the specific one, which it is not here.

_COLUMNS = [TLS12, TLS13, "ANY", "ANY_TLS12", "ANY_TLS13", "ANY_TLS12_OR_HIGHER", "ANY_TLS13_OR_HIGHER"]
_WITH_TLS13 = {
    TLS12: "yes no yes yes no yes no",
    TLS13: "no yes yes no yes yes yes",
    "ANY": "no no yes no yes yes yes",
    "ANY_TLS12": "no no yes yes no yes no",
    "ANY_TLS13": "no no yes no yes yes yes",
    "ANY_TLS12_OR_HIGHER": "no no yes no yes yes yes",
    "ANY_TLS13_OR_HIGHER": "no no yes no yes yes yes",
}
_WITHOUT_TLS13 = {
    TLS12: "yes yes yes yes",
    "ANY": "no yes yes yes",
    "ANY_TLS12": "no yes yes yes",
    "ANY_TLS12_OR_HIGHER": "no yes yes yes",
}
_COLUMNS_WITHOUT = [TLS12, "ANY", "ANY_TLS12", "ANY_TLS12_OR_HIGHER"]


def outcome(qm1, qm2, initiator, responder):
    """Whether the pair connects, and the messages of both ends if not."""
    for qm, spec in ((qm1, initiator), (qm2, responder)):
        qm.channels[CHANNEL]["SSLCIPH"] = spec
    qm1.engine.start_channel(CHANNEL)
    status = qm1.wait(CHANNEL, "RUNNING", "RETRYING")["STATUS"]
    qm1.engine.stop_channel(CHANNEL, "QUIESCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    return "yes" if status == "RUNNING" else "no"


@pytest.mark.parametrize("off", [None, "QM1", "QM2"], ids=["TLS 1.3 on both ends", "off on the initiator", "off on the responder"])
def test_aliases(link, kind, identity, ca, off):
    qm1, qm2 = link()
    for qm, name in ((qm1, QM1_NAME), (qm2, QM2_NAME)):
        qm.key_repository(kind, identity(name, ca))
        qm.ini["SSL"]["AllowTLSV13"] = "NO" if qm.name == off else "YES"
    table, columns = (_WITHOUT_TLS13, _COLUMNS_WITHOUT) if off else (_WITH_TLS13, _COLUMNS)
    found = {initiator: " ".join(outcome(qm1, qm2, initiator, responder) for responder in columns) for initiator in table}
    assert found == table


def test_an_alias_against_the_strongest_specific_one_happens_to_connect(link, kind, identity, ca):
    qm1, qm2 = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    for initiator, strongest in (("ANY_TLS13", "TLS_CHACHA20_POLY1305_SHA256"), ("ANY_TLS12", "TLS_RSA_WITH_AES_256_GCM_SHA384")):
        assert outcome(qm1, qm2, initiator, strongest) == "yes"


# Key repositories and labels ------------------------------------------------------------------------------------------------------


def _fault(qm, fault):
    repository = tls.key_repository_path(qm.attributes["SSLKEYR"], qm.version)
    if fault == "missing":
        repository.unlink()
    elif fault == "no password":
        qm.password = None
        repository.with_suffix(".sth").unlink(missing_ok=True)
    elif fault == "wrong password":
        qm.password = "something else"
    else:
        qm.attributes["SSLKEYR"] = ""


@pytest.mark.parametrize(
    ("fault", "message"), [("missing", "AMQ9657E"), ("no password", "AMQ9660E"), ("wrong password", "AMQ9660E"), ("blank", "AMQ9627E")]
)
@pytest.mark.parametrize("end", ["initiator", "responder"])
def test_a_key_repository_that_can_not_be_opened(link, kind, identity, ca, end, fault, message):
    qm1, qm2 = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    _fault(qm1 if end == "initiator" else qm2, fault)
    if end == "responder":
        refused(qm1, qm2, ["AMQ9665E"], [message])
    else:
        qm1.engine.start_channel(CHANNEL)
        qm1.wait(CHANNEL, "RETRYING")
        qm1.wait_for_messages(message, "AMQ9999E")
        assert qm2.messages() == []


def test_the_label_of_a_responder_must_be_there(link, kind, identity, ca):
    qm1, qm2 = link()
    qm1.key_repository(kind, identity(QM1_NAME, ca))
    qm2.key_repository(kind, identity(QM2_NAME, ca))
    qm2.attributes["CERTLABL"] = "nowhere"
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9675E"])


def test_the_label_of_the_channel_goes_before_that_of_the_queue_manager_on_both_ends(link, kind, identity, ca):
    qm1, qm2 = link({"CERTLABL": "mine"}, {"CERTLABL": "mine"})
    qm1.key_repository(kind, identity(QM1_NAME, ca), label="mine")
    qm2.key_repository(kind, identity(QM2_NAME, ca), label="mine")
    initiator, responder = run(qm1, qm2)
    assert initiator["SSLPEER"].endswith(QM2_NAME)
    assert responder["SSLPEER"].endswith(QM1_NAME)


def test_without_the_channel_as_server_name_the_responder_uses_its_own_label(link, kind, identity, ca):
    qm1, qm2 = link({"CERTLABL": "mine"}, {"CERTLABL": "mine"})
    qm1.ini["SSL"]["OutboundSNI"] = "HOSTNAME"
    qm1.key_repository(kind, identity(QM1_NAME, ca), label="mine")
    qm2.key_repository(kind, identity(QM2_NAME, ca), label="mine")
    refused(qm1, qm2, ["AMQ9665E"], ["AMQ9675E"])


@pytest.mark.parametrize(
    ("value", "version", "file"),
    [
        ("/s/key", (9, 4, 2, 0), "/s/key.kdb"),
        ("/s/key.kdb", (9, 4, 2, 0), "/s/key.kdb"),
        ("/s/key.kdb", (9, 2, 5, 0), "/s/key.kdb.kdb"),
        ("/s/key.p12", (9, 3, 0, 0), "/s/key.p12"),
        ("/s/key.pkcs12", (9, 3, 0, 0), "/s/key.pkcs12"),
        ("/s/key.d", (9, 3, 0, 0), "/s/key.d.kdb"),
    ],
)
def test_the_file_that_sslkeyr_means(value, version, file):
    assert str(tls.key_repository_path(value, version)) == file


@pytest.mark.parametrize("stash", ["key.sth", "key.p12.sth"])
def test_a_pkcs12_with_a_stash_file(link, identity, ca, stash):
    qm1, qm2 = link()
    qm1.key_repository("pkcs12", identity(QM1_NAME, ca))
    qm2.key_repository("pkcs12", identity(QM2_NAME, ca))
    key_database.stash(qm1.attributes["SSLKEYR"], qm1.password)
    qm1.password = None
    (qm1.directory / "ssl" / "key.sth").rename(qm1.directory / "ssl" / stash)
    run(qm1, qm2)


def test_a_cms_key_repository_by_its_full_name_and_with_a_password(link, identity, ca):
    qm1, qm2 = link()
    for qm, name in ((qm1, QM1_NAME), (qm2, QM2_NAME)):
        qm.key_repository("cms", identity(name, ca))
        qm.attributes["SSLKEYR"] += ".kdb"
    qm1.password = "test-Password-1"
    (qm1.directory / "ssl" / "key.sth").unlink()
    run(qm1, qm2)


@pytest.mark.parametrize(("file", "message"), [("key repository", "AMQ9648E"), ("stash file", "AMQ9660E")])
@pytest.mark.parametrize("content", [b"", b"garbage" * 100], ids=["empty", "garbage"])
def test_damaged_files(link, identity, ca, content, file, message):
    qm1, _ = link()
    qm1.key_repository("cms", identity(QM1_NAME, ca))
    (qm1.directory / "ssl" / ("key.kdb" if file == "key repository" else "key.sth")).write_bytes(content)
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages(message, "AMQ9999E")


def test_before_9_3_the_key_repository_is_a_stem(link, identity, ca):
    qm1, qm2 = link(versions=((9, 2, 0, 0), (9, 4, 2, 0)))
    qm1.key_repository("pkcs12", identity(QM1_NAME, ca))
    qm2.key_repository("pkcs12", identity(QM2_NAME, ca))
    qm1.engine.start_channel(CHANNEL)
    qm1.wait_for_messages("AMQ9657E", "AMQ9999E")
    assert "key.p12.kdb" in qm1.log_text()


# An independent TLS client ----------------------------------------------------------------------------------------------------------


def s_client(qm, tmp_path, *arguments, identity=None):
    command = ["openssl", "s_client", "-connect", f"{qm.address}:{qm.port}", *arguments]
    if identity:
        (tmp_path / "client.pem").write_bytes(identity.pem + identity.key_pem)
        command += ["-cert", str(tmp_path / "client.pem")]
    return subprocess.run(command, input=b"", capture_output=True, timeout=20, check=False).stdout.decode()


@contextlib.contextmanager
def s_server(tmp_path, protocol, identity):
    """The port of an OpenSSL server."""
    (tmp_path / "server.pem").write_bytes(identity.pem + identity.key_pem)
    command = ["openssl", "s_server", "-accept", "127.0.0.1:0", protocol, "-cert", str(tmp_path / "server.pem")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True) as process:
        line = next(line for line in process.stdout if line.startswith("ACCEPT"))
        yield int(line.rpartition(":")[2])
        process.kill()


def test_openssl_sees_the_certificate_and_is_asked_for_one(queue_manager, kind, identity, ca, tmp_path):
    qm = queue_manager("QM2")
    own = identity(QM2_NAME, ca)
    qm.key_repository(kind, own)
    qm.engine.open()
    (tmp_path / "ca.pem").write_bytes(ca.pem)
    for protocol in ("-tls1_2", "-tls1_3"):
        seen = s_client(qm, tmp_path, protocol, "-CAfile", str(tmp_path / "ca.pem"), identity=identity(QM1_NAME, ca))
        assert "Verification: OK" in seen
        assert own.certificate.public_bytes(Encoding.PEM).decode() in seen
        assert "Acceptable client certificate CA names" in seen or "Requested Signature Algorithms" in seen
    assert "Cipher is (NONE)" in s_client(qm, tmp_path, "-tls1_2", "-cipher", "AES128-SHA:@SECLEVEL=0")
    assert "AMQ9616E: The CipherSpec '002F' proposed by remote host '127.0.0.1'" in qm.log_text().replace("\n", " ")


@pytest.mark.parametrize(
    ("authentication", "sends", "messages"),
    list(zip(["REQUIRED", "REQUIRED", "OPTIONAL"], [True, False, False], [("AMQ9001I",), ("AMQ9637E", "AMQ9999E"), ("AMQ9001I",)])),
)
def test_a_client_that_names_a_svrconn_channel_is_held_to_its_rules(queue_manager, identity, ca, tmp_path, authentication, sends, messages):
    qm = queue_manager("QM2")
    qm.key_repository("pkcs12", identity(QM2_NAME, ca))
    qm.channels["APP.SVRCONN"] = {"CHLTYPE": "SVRCONN", "SSLCIPH": "ANY_TLS12_OR_HIGHER", "SSLCAUTH": authentication, "SSLPEER": ""}
    qm.engine.open()
    s_client(qm, tmp_path, "-servername", tls.server_name("APP.SVRCONN"), identity=identity("CN=app", ca) if sends else None)
    qm.wait_for_messages(*messages)
