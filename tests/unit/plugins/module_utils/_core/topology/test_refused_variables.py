# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Variables of hosts, and partners outside the inventory, that are refused before a host is touched."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml
from ansible_collections.mqfleet.tls.plugins.module_utils._core.topology.variables import DESCRIPTION, OTHER_VARIABLES
from described_fleet import PARTNER, PEM, TWO, refusals

ROOT = Path(__file__).resolve().parents[6]

QM1 = "Queue manager 'QM1' (host qm1): "
ISSUER = "Queue manager 'QM1' (host qm1), mq_tls_issuer: "
ARGV = "argv is not a list of texts; write the program and its arguments, for example argv: [/usr/local/bin/sign, --days, '365']."
TIMEOUT = "timeout is not a number of seconds from 1 to 3600; correct it."
TRUST_MISSING = "trust is missing; give the CA certificates that the certificates of the command lead to, in PEM form or as files."
TRUST = (
    "trust has an item that is neither a certificate in PEM form (-----BEGIN CERTIFICATE-----) nor the absolute path of a file; "
    "give only CA certificates, never a private key."
)


@pytest.mark.parametrize(
    ("variables", "says"),
    [
        (
            {"mq_tls_queue_manager": "Q" * 49},
            f"Queue manager '{'Q' * 49}' (host qm1): mq_tls_queue_manager is '{'Q' * 49}'; that has 49 characters and IBM MQ takes at "
            f"most 48; choose a "
            "shorter name.",
        ),
        (
            {"mq_tls_queue_manager": "QM-1"},
            "Queue manager 'QM-1' (host qm1): mq_tls_queue_manager is 'QM-1'; IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; "
            "correct it.",
        ),
        ({"mq_tls_listener_port": 0}, QM1 + "mq_tls_listener_port is 0; write a whole number from 1 to 65535."),
        ({"mq_tls_listener_port": True}, QM1 + "mq_tls_listener_port is true; write a whole number from 1 to 65535."),
        ({"mq_tls_listener_port": "14x"}, QM1 + "mq_tls_listener_port is '14x'; write a whole number from 1 to 65535."),
        (
            {"mq_tls_listener": "TLS LISTENER"},
            QM1 + "mq_tls_listener is 'TLS LISTENER'; IBM MQ takes the characters A-Z a-z 0-9 . / _ % in a name; correct it.",
        ),
        (
            {"mq_tls_listener_address": "10.0.0.1(1414)"},
            QM1 + "mq_tls_listener_address is '10.0.0.1(1414)'; write one address or host name of at most 48 characters, without a port.",
        ),
        (
            {"mq_tls_address": "host'(1414)"},
            QM1 + 'mq_tls_address is "host\'(1414)"; write host or host(port) as in CONNAME, several with commas between.',
        ),
        (
            {"mq_tls_address": "a\nb"},
            QM1 + "mq_tls_address is 'a\\nb'; write a text without line breaks and control characters.",
        ),
        (
            {"mq_tls_address": "host(70000)"},
            QM1 + "mq_tls_address is 'host(70000)'; write host or host(port) as in CONNAME, several with commas between.",
        ),
        (
            {"mq_tls_cipher_spec": "TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256"},
            "Queue manager 'QM1' (host qm1), mq_tls_cipher_spec: The CipherSpec 'TLS_ECDHE_RSA_WITH_AES_128_GCM_SHA256' is not known to "
            "IBM MQ; did you "
            "mean ECDHE_RSA_AES_128_GCM_SHA256?",
        ),
        ({"mq_tls_key_type": "DSA"}, QM1 + "mq_tls_key_type is 'DSA'; write RSA or EC."),
        ({"mq_tls_key_size": 1024}, QM1 + "mq_tls_key_size is 1024; with mq_tls_key_type RSA write one of 2048, 3072, 4096."),
        (
            {"mq_tls_key_type": "EC", "mq_tls_key_size": 3072},
            QM1 + "mq_tls_key_size is 3072; with mq_tls_key_type EC write one of 256, 384, 521.",
        ),
        ({"mq_tls_certificate_days": 0}, QM1 + "mq_tls_certificate_days is 0; write a whole number from 1 to 36500."),
        (
            {"mq_tls_certificate_days": 30},
            QM1
            + "mq_tls_renew_before_days is 30; that is not less than mq_tls_certificate_days (30), so every run would renew the certificate; make it "
            "smaller.",
        ),
        (
            {"mq_tls_certificate_label": "L" * 65},
            QM1
            + f"mq_tls_certificate_label is '{'L' * 65}'; that has 65 characters and a certificate label has at most 64; choose a shorter one.",
        ),
        *(
            (
                {"mq_tls_certificate_label": label},
                QM1
                + f"mq_tls_certificate_label is {label!r}; a label is made of printable ASCII characters without blank, comma, apostrophe and "
                "quotation mark; choose another one.",
            )
            for label in ("my label", "it's", 'a"b', "a,b", "größe", "")
        ),
        (
            {"mq_tls_issuer": "local_ca"},
            QM1 + "mq_tls_issuer is 'local_ca'; write a dictionary with the key type, for example {type: local_ca}.",
        ),
        (
            {"mq_tls_issuer": {"type": "localca"}},
            QM1 + "mq_tls_issuer is {type: localca}; the type is none of local_ca, self_signed, external, command; did you mean local_ca?",
        ),
        (
            {"mq_tls_issuer": {"type": "self_signed"}, "mq_tls_production": True},
            QM1
            + "mq_tls_issuer is {type: self_signed}; mq_tls_production is true and refuses self-signed certificates, as IBM advises; take local_ca.",
        ),
        (
            {"mq_tls_issuer": {"type": "self_signed", "subject": "CN=CA"}},
            QM1 + "mq_tls_issuer is {type: self_signed, subject: CN=CA}; the type self_signed has no key subject; known are type.",
        ),
        (
            {"mq_tls_crl_url": "https://pki.example/mq.crl"},
            QM1
            + "mq_tls_crl_url is 'https://pki.example/mq.crl'; write http://, since what is fetched there is signed, and the certificate of "
            "the server would have to be checked first.",
        ),
        (
            {"mq_tls_revocation": {"ocsp_url": "http://ocsp.example", "crl_ldap": [{"address": "ldap", "password": "s3cret"}]}},
            "Queue manager 'QM1' (host qm1), mq_tls_revocation: crl_ldap[0] has a password and no user; give both or none.",
        ),
        (
            {"mq_tls_refresh": "always"},
            QM1 + "mq_tls_refresh is 'always'; write when_needed or never.",
        ),
        (
            {"mq_tls_refresh_window": ["22:00-04:00", "at\nnight"]},
            QM1
            + "mq_tls_refresh_window[1] is 'at\\nnight', and that is no period; write it as 22:00-04:00, Sat,Sun 01:00-05:30 or Mon-Fri "
            "22:00-24:00.",
        ),
        (
            {"mq_tls_issuer": {"type": "command", "argv": ["sign", "--token", "s3cret"], "trust": [PEM], "timeuot": 5}},
            QM1
            + "mq_tls_issuer is {type: command, argv: ..., trust: ..., timeuot: 5}; the type command has no key timeuot; did you mean timeout?",
        ),
        *(
            ({"mq_tls_issuer": {"type": "command", "argv": ["/bin/sign"], "trust": PEM, **keys}}, ISSUER + says)
            for keys, says in (
                *(({"argv": argv}, ARGV) for argv in (None, "sign --now", [], [""], ["sign", 365], ["sign", "a\0b"])),
                *(({"timeout": timeout}, TIMEOUT) for timeout in (0, 3601, True, "soon", -1, 1.5)),
                ({"trust": None}, TRUST_MISSING),
                ({"trust": []}, TRUST_MISSING),
                *(({"trust": trust}, TRUST) for trust in ("ca.pem", ["/ca.pem", PEM + "PRIVATE KEY"], {"a": 1}, [3])),
            )
        ),
        ({"mq_tls_issuer": {"type": "external", "trust": ["ca.pem"]}}, ISSUER + TRUST),
        (
            {"mq_tls_key_typ": "EC"},
            QM1 + "mq_tls_key_typ is 'EC'; there is no variable of this name; did you mean mq_tls_key_type?",
        ),
    ],
)
def test_variables_that_are_refused(variables, says):
    hosts = {**TWO, "qm1": variables}
    name = variables.get("mq_tls_queue_manager", "QM1")
    assert refusals(hosts, [{"from": name, "to": "QM2"}]).count(says) == 1, refusals(hosts, [{"from": name, "to": "QM2"}])


@pytest.mark.parametrize("subject", ["QM1", "CN=", "CN=a\nb", "XX=1", "", "CN=" + "x" * 2000])
def test_subjects_that_are_refused(subject):
    (sentence,) = refusals({"qm1": {"mq_tls_subject": subject}})
    assert sentence.startswith(("Queue manager 'QM1' (host qm1), mq_tls_subject: ", "Queue manager 'QM1' (host qm1): mq_tls_subject is "))
    assert "\n" not in sentence


@pytest.mark.parametrize(
    ("partner", "link", "says"),
    [
        ("ZOS1", {"from": "QM1", "to": "QM2"}, "An item of mq_tls_partners is 'ZOS1'; write a dictionary with at least the key name."),
        (
            {**PARTNER, "adress": "x"},
            {"from": "QM1", "to": "ZOS1"},
            "The partner 'ZOS1' in mq_tls_partners has the unknown key 'adress'; did you mean address?",
        ),
        (
            {**PARTNER, "name": "QM2"},
            {"from": "QM1", "to": "QM2"},
            "The partner QM2 in mq_tls_partners is also the queue manager of the host qm2; take it out of mq_tls_partners.",
        ),
        (
            {**PARTNER, "address": None},
            {"from": "QM1", "to": "ZOS1"},
            "The link from QM1 to ZOS1 needs the address of ZOS1; add the key address to its item in mq_tls_partners.",
        ),
        (
            {**PARTNER, "certificates": []},
            {"from": "QM1", "to": "ZOS1"},
            "The link from QM1 to ZOS1 needs the certificates by which QM1 accepts ZOS1; add the key certificates (its CA, or its "
            "self-signed "
            "certificate) to its item in mq_tls_partners.",
        ),
        (
            {**PARTNER, "certificates": None},
            {"from": "ZOS1", "to": "QM1"},
            "The link from ZOS1 to QM1 is two-way and needs the certificates by which QM1 accepts ZOS1; add the key certificates to its "
            "item in "
            "mq_tls_partners or make the link one_way.",
        ),
        (
            {**PARTNER, "certificates": PEM + "-----BEGIN PRIVATE KEY-----"},
            {"from": "QM1", "to": "ZOS1"},
            "Partner ZOS1 in mq_tls_partners: certificates has an item that is not a certificate in PEM form (-----BEGIN "
            "CERTIFICATE-----); give only "
            "certificates, never a private key.",
        ),
    ],
)
def test_partners_that_are_refused(partner, link, says):
    assert refusals(TWO, [link], partners=[partner]).count(says) == 1, refusals(TWO, [link], partners=[partner])


def test_a_partner_described_twice():
    assert refusals(TWO, [], partners=[PARTNER, {**PARTNER, "address": "x"}]) == [
        "The partner ZOS1 is described twice in mq_tls_partners with different values; keep one description."
    ]


def test_every_variable_of_the_role_is_known():
    """A variable that is not known here could be refused as a typing error of a known one."""
    specs = yaml.safe_load((ROOT / "roles" / "mq_tls" / "meta" / "argument_specs.yml").read_text(encoding="utf-8"))["argument_specs"]
    defaults = yaml.safe_load((ROOT / "roles" / "mq_tls" / "defaults" / "main.yml").read_text(encoding="utf-8"))
    documented = {name for entry in specs.values() for name in entry["options"]} | set(defaults)
    assert documented - DESCRIPTION - OTHER_VARIABLES == set()
