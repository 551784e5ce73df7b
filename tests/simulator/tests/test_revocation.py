# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Revoked certificates: what the engine asks and refuses, and what queue managers make of it. Real handshakes, servers on loopback."""

from __future__ import annotations

import pytest
from cryptography import x509
from cryptography.x509.oid import AuthorityInformationAccessOID, ExtendedKeyUsageOID
from revocation_services import Directory, Responder, WebServer, revocation_list

from mqsim.revocation import Checks, ChecksError, checks_of

CHANNEL = "QM1.TO.QM2"
QM1_NAME, QM2_NAME = "CN=QM1,O=Bank", "CN=QM2,O=Bank"
NOWHERE = "http://127.0.0.1:1"


def responder_at(url):
    return x509.AuthorityInformationAccess(
        [x509.AccessDescription(AuthorityInformationAccessOID.OCSP, x509.UniformResourceIdentifier(f"{url}/ocsp"))]
    )


def list_at(url):
    return x509.CRLDistributionPoints([x509.DistributionPoint([x509.UniformResourceIdentifier(f"{url}/crl")], None, None, None)])


@pytest.fixture(scope="session")
def revoked():
    """The serial numbers that all services give as revoked."""
    return set()


@pytest.fixture(scope="session")
def responder(ca, revoked):
    return Responder(ca.certificate, ca.key, lambda: revoked)


@pytest.fixture(scope="session")
def services(ca, revoked, responder):
    with WebServer({"/crl": lambda: revocation_list(ca.certificate, ca.key, revoked)}, responder) as server:
        yield server


@pytest.fixture
def web(services, responder, revoked):
    services.asked.clear()
    revoked.clear()
    responder.status, responder.signer = "ok", None
    return services


@pytest.fixture
def directory(ca, revoked, web):
    entry = {"certificateRevocationList;binary": lambda: revocation_list(ca.certificate, ca.key, revoked)}
    with Directory({"CN=Fleet CA,O=Bank": entry}) as found:
        yield found


@pytest.fixture
def ends(link, identity, ca, web, revoked):
    """Makes the two ends; `one` of them presents a certificate with the extensions, and says which serial number that is."""

    def make(*extensions, presents="QM1", is_revoked=True, initiator=None, responder=None, **stanza):
        qm1, qm2 = link(initiator, responder)
        one = identity(f"CN={presents},O=Bank", ca, extensions=extensions)
        for queue_manager in (qm1, qm2):
            own = one if queue_manager.name == presents else identity(f"CN={queue_manager.name},O=Bank", ca)
            queue_manager.key_repository("pkcs12", own)
            queue_manager.ini["SSL"].update(stanza)
        if is_revoked:
            revoked.add(one.certificate.serial_number)
        return qm1, qm2

    return make


def ask(queue_manager, **objects):
    """Give a queue manager a namelist in SSLCRLNL with these authentication information objects."""
    queue_manager.auth_info.update(objects)
    queue_manager.namelists["CHECKS"] = {"NAMES": ",".join(objects)}
    queue_manager.attributes["SSLCRLNL"] = "CHECKS"


def ocsp_object(url):
    return {"AUTHTYPE": "OCSP", "OCSPURL": f"{url}/ocsp"}


def directory_object(address, user="", password=""):
    return {"AUTHTYPE": "CRLLDAP", "CONNAME": address, "LDAPUSER": user, "LDAPPWD": password}


def run(qm1, qm2):
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RUNNING")
    qm2.wait(CHANNEL, "RUNNING")


def refused(qm1, qm2, initiator, responder):
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RETRYING")
    qm1.wait_for_messages(initiator, "AMQ9999E")
    qm2.wait_for_messages(responder, "AMQ9999E")


# What is asked ------------------------------------------------------------------------------------------------------------------


def test_a_certificate_without_extensions_is_not_asked_about(ends, web):
    run(*ends())
    assert web.asked == []


@pytest.mark.parametrize("spec", ["ANY_TLS12", "ANY_TLS13"])
def test_the_responder_of_the_certificate_has_it_refused(ends, web, spec):
    qm1, qm2 = ends(responder_at(web.url), initiator={"SSLCIPH": spec}, responder={"SSLCIPH": spec})
    refused(qm1, qm2, "AMQ9665E", "AMQ9633E")
    assert web.asked == [("POST", "/ocsp")]
    assert "575032" in qm2.log_text()
    assert "CN=QM1,O=Bank" in qm2.log_text().replace("\n", "")


def test_the_initiator_asks_about_the_responders_certificate(ends, web):
    refused(*ends(responder_at(web.url), presents="QM2"), "AMQ9633E", "AMQ9665E")


def test_a_good_certificate_runs(ends, web):
    run(*ends(responder_at(web.url), is_revoked=False))
    assert web.asked == [("POST", "/ocsp")]


def test_the_extensions_are_not_looked_at_if_qm_ini_says_so(ends, web):
    run(*ends(responder_at(web.url), list_at(web.url), OCSPCheckExtensions="NO"))
    assert web.asked == []


def test_distribution_points_are_asked_only_if_qm_ini_says_so(ends, web):
    run(*ends(list_at(web.url)))
    assert web.asked == []
    refused(*ends(list_at(web.url), CDPCheckExtensions="YES"), "AMQ9665E", "AMQ9633E")
    assert web.asked == [("GET", "/crl")]


def test_the_list_is_the_next_to_be_asked_where_no_responder_answers(ends, web):
    refused(*ends(responder_at(NOWHERE), list_at(web.url), CDPCheckExtensions="YES"), "AMQ9665E", "AMQ9633E")


def test_the_responder_of_the_queue_manager(ends, web):
    qm1, qm2 = ends()
    ask(qm2, RESPONDER=ocsp_object(web.url))
    refused(qm1, qm2, "AMQ9665E", "AMQ9633E")


def test_the_responder_of_the_queue_manager_is_asked_first(ends, web):
    qm1, qm2 = ends(responder_at(NOWHERE))
    ask(qm2, RESPONDER=ocsp_object(web.url))
    refused(qm1, qm2, "AMQ9665E", "AMQ9633E")


def test_the_directory_of_the_queue_manager(ends, directory):
    qm1, qm2 = ends()
    ask(qm2, CRLS=directory_object(f"127.0.0.1(1),{directory.address}", "cn=reader", "pass"))
    refused(qm1, qm2, "AMQ9665E", "AMQ9633E")
    assert ("cn=reader", "pass") in directory.binds
    assert directory.searches == ["CN=Fleet CA,O=Bank"]


def test_a_good_certificate_by_the_directory(ends, directory):
    qm1, qm2 = ends(is_revoked=False)
    ask(qm2, CRLS=directory_object(directory.address))
    run(qm1, qm2)
    assert directory.searches == ["CN=Fleet CA,O=Bank"]


def test_what_the_queue_manager_asks_holds_until_a_refresh(ends, web):
    qm1, qm2 = ends()
    run(qm1, qm2)
    ask(qm2, RESPONDER=ocsp_object(web.url))
    qm1.engine.stop_channel(CHANNEL, "FORCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    run(qm1, qm2)
    qm2.engine.refresh_security()
    qm1.wait(CHANNEL, "RETRYING")
    assert "AMQ9633E" in qm2.messages()


def test_a_renewed_certificate_runs(ends, identity, ca, web):
    qm1, qm2 = ends(responder_at(web.url))
    refused(qm1, qm2, "AMQ9665E", "AMQ9633E")
    qm1.key_repository("pkcs12", identity(QM1_NAME, ca, extensions=[responder_at(web.url)]))
    qm1.engine.refresh_security()
    qm1.engine.stop_channel(CHANNEL, "FORCE", "INACTIVE")
    qm1.wait(CHANNEL, None)
    run(qm1, qm2)


# Not knowing --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("status", ["unknown", "unauthorized", "garbage"])
def test_a_responder_that_does_not_know(ends, web, responder, status):
    responder.status = status
    refused(*ends(responder_at(web.url)), "AMQ9665E", "AMQ9716E")


def test_a_responder_that_cannot_be_reached(ends):
    qm1, qm2 = ends(responder_at(NOWHERE))
    refused(qm1, qm2, "AMQ9665E", "AMQ9716E")
    assert "CN=QM1,O=Bank" in qm2.log_text().replace("\n", "")


def test_the_initiator_cannot_reach_the_responder_of_its_partners_certificate(ends):
    refused(*ends(responder_at(NOWHERE), presents="QM2"), "AMQ9716E", "AMQ9665E")


def test_a_list_that_is_not_there(ends, web):
    refused(*ends(list_at(f"{web.url}/other"), CDPCheckExtensions="YES"), "AMQ9665E", "AMQ9716E")


def test_a_list_that_has_ended(ends, web, ca, services):
    services.files["/old/crl"] = revocation_list(ca.certificate, ca.key, set(), ends=-1)
    refused(*ends(list_at(f"{web.url}/old"), CDPCheckExtensions="YES"), "AMQ9665E", "AMQ9716E")


def test_a_directory_that_cannot_be_reached(ends):
    qm1, qm2 = ends()
    ask(qm2, CRLS=directory_object("127.0.0.1(1)"))
    refused(qm1, qm2, "AMQ9665E", "AMQ9716E")


@pytest.mark.parametrize(("authentication", "messages"), [("OPTIONAL", []), ("WARN", ["AMQ9716W"])])
def test_not_knowing_may_be_allowed(ends, authentication, messages):
    qm1, qm2 = ends(responder_at(NOWHERE), OCSPAuthentication=authentication)
    run(qm1, qm2)
    assert qm2.messages() == messages


def test_who_signs_for_the_ca_has_to_be_allowed_to(ends, web, responder, identity, ca):
    eku = x509.ExtendedKeyUsage([ExtendedKeyUsageOID.OCSP_SIGNING])
    delegate = identity("CN=Responder,O=Bank", ca, extensions=[eku])
    responder.signer = (delegate.certificate, delegate.key)
    refused(*ends(responder_at(web.url)), "AMQ9665E", "AMQ9633E")
    other = identity("CN=Other,O=Bank", ca)
    responder.signer = (other.certificate, other.key)
    refused(*ends(responder_at(web.url)), "AMQ9665E", "AMQ9716E")


def test_an_intermediate_is_asked_about_as_well(link, identity, ca, web, revoked):
    issuing = identity("CN=Issuing CA,O=Bank", ca, ca=True, extensions=[responder_at(web.url)])
    qm1, qm2 = link()
    qm1.key_repository("pkcs12", identity(QM1_NAME, issuing))
    qm2.key_repository("pkcs12", identity(QM2_NAME, issuing))
    revoked.add(issuing.certificate.serial_number)
    refused(qm1, qm2, "AMQ9633E", "AMQ9665E")


# What a queue manager asks, by its objects and qm.ini ---------------------------------------------------------------------------

OBJECTS = {
    "O1": ocsp_object("http://a"),
    "O2": ocsp_object("http://b"),
    "L1": directory_object("ldap1(1389),ldap2", "cn=u", "p"),
    "L2": directory_object("ldap3", "cn=u", "p"),
    "L3": directory_object("ldap4", "cn=other", "p"),
    "IDP": {"AUTHTYPE": "IDPWOS"},
}


@pytest.mark.parametrize(
    ("names", "ini", "expected"),
    [
        (None, {}, Checks(ocsp_extensions=True)),
        (None, {"OCSPCheckExtensions": "no", "CDPCheckExtensions": "yes"}, Checks(crl_extensions=True)),
        (None, {"OCSPAuthentication": "NONSENSE", "CDPCheckExtensions": "MAYBE"}, Checks(ocsp_extensions=True)),
        (None, {"OCSPAuthentication": "warn"}, Checks(ocsp_extensions=True, unknown="WARN")),
        ("O1", {}, Checks("http://a/ocsp", ocsp_extensions=True)),
        ("L1, L2,O1", {}, Checks("http://a/ocsp", True, False, ("ldap1:1389", "ldap2:389", "ldap3:389"), "cn=u", "p")),
    ],
)
def test_checks(names, ini, expected):
    assert checks_of("" if names is None else "NL", {"NL": {"NAMES": names or ""}}, OBJECTS, ini) == expected


@pytest.mark.parametrize(
    ("names", "message", "insert"),
    [
        ("O9", "AMQ9622E", "O9"),
        ("O1,O2", "AMQ9999S", "more than one authentication information of type OCSP in the namelist NL of SSLCRLNL"),
        ("L1,L3", "AMQ9999S", "CRLLDAP objects with different LDAPUSER or LDAPPWD in the namelist NL of SSLCRLNL"),
        ("IDP", "AMQ9999S", "the authentication information IDP of type IDPWOS in the namelist NL of SSLCRLNL"),
        (",".join(["L1"] * 11), "AMQ9999S", "more than 10 names in the namelist NL of SSLCRLNL"),
    ],
)
def test_checks_that_cannot_be(names, message, insert):
    with pytest.raises(ChecksError) as caught:
        checks_of("NL", {"NL": {"NAMES": names}}, OBJECTS, {})
    assert (caught.value.message_id, caught.value.inserts) == (message, (insert,))


def test_an_object_that_is_not_there_keeps_the_channel_from_starting(ends):
    qm1, qm2 = ends()
    qm1.attributes["SSLCRLNL"] = "CHECKS"
    qm1.namelists["CHECKS"] = {"NAMES": "MISSING"}
    qm1.engine.start_channel(CHANNEL)
    qm1.wait(CHANNEL, "RETRYING")
    qm1.wait_for_messages("AMQ9622E", "AMQ9999E")
