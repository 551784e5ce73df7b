# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""Bad input is refused before the first change, with a sentence that names the thing and the remedy."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess

import pytest

LINKS = [{"from": "QM1", "to": "QM2"}, {"from": "QM2", "to": "QM1"}]


@pytest.fixture(scope="module")
def fleet(fleets):
    """A fleet that works; each test must leave it as it was."""
    made = fleets({"qm1": "9.4.2", "qm2": "9.2.5"}, mq_tls_links=LINKS)
    converged = made.playbook("site")
    assert converged.rc == 0, converged.output
    assert made.playbook("verify").rc == 0
    return made


def link(**changes) -> dict:
    """The two links, the first one with changes."""
    return {"mq_tls_links": [{**LINKS[0], **changes}, LINKS[1]]}


VARIABLES = [
    ("channel_name_too_long", link(channel="QM1.TO.QM2.OVER.TLS.1"), ["QM1.TO.QM2.OVER.TLS.1", "20"]),
    ("unknown_partner", link(to="QM9"), ["QM9", "mq_tls_partners"]),
    ("invalid_dn", {"mq_tls_subject": "QM1 without a type"}, ["QM1 without a type"]),
    (
        "unknown_cipher_spec",
        link(cipher_spec="ECDHE_RSA_AES_256_GCM_SHA385"),
        ["ECDHE_RSA_AES_256_GCM_SHA385", "ECDHE_RSA_AES_256_GCM_SHA384"],
    ),
    ("disabled_cipher_spec", link(cipher_spec="TLS_RSA_WITH_3DES_EDE_CBC_SHA"), ["TLS_RSA_WITH_3DES_EDE_CBC_SHA"]),
    (
        "rsa_cipher_spec_with_an_ec_key",
        {**link(cipher_spec="ECDHE_RSA_AES_256_GCM_SHA384"), "mq_tls_key_type": "EC", "mq_tls_key_size": 256},
        ["ECDHE_RSA_AES_256_GCM_SHA384", "RSA", "EC"],
    ),
    ("label_not_allowed", {"mq_tls_certificate_label": "it's mine"}, ["it's mine"]),
    ("line_break_in_a_value", link(initiator_attributes={"DESCR": "x\nDELETE CHANNEL(QM2.TO.QM1)"}), ["DESCR"]),
    ("quote_trick", link(transmission_queue="QM2') DELETE('X"), ["QM2') DELETE('X"]),
    ("self_signed_in_production", {"mq_tls_issuer": {"type": "self_signed"}, "mq_tls_production": True}, ["self-signed", "production"]),
    (
        "two_cipher_specs",
        link(responder_attributes={"SSLCIPH": "TLS_AES_128_GCM_SHA256"}, cipher_spec="TLS_AES_256_GCM_SHA384"),
        ["The link from QM1 to QM2", "TLS_AES_256_GCM_SHA384", "TLS_AES_128_GCM_SHA256", "cipher_spec"],
    ),
    ("sslpeer_that_does_not_match", link(responder_attributes={"SSLPEER": "CN=SOMEBODY"}), ["SSLPEER", "CN=SOMEBODY"]),
    ("misspelt_key", link(authentification="one_way"), ["authentification", "authentication"]),
]


@pytest.fixture(scope="module")
def converged(fleet):
    """The state before the first refusal."""
    return fleet.state()


@pytest.mark.parametrize(("variables", "words"), [case[1:] for case in VARIABLES], ids=[case[0] for case in VARIABLES])
def test_a_description_that_cannot_work_is_refused_before_any_host_is_touched(fleet, converged, variables, words):
    run = fleet.playbook("site", "-vvv", **variables)
    assert run.rc == 2, run.output
    for word in words:
        assert word in run.output
    assert "EXEC" not in run.output, "a host was touched"
    fleet.assert_unchanged(converged)


def test_a_value_with_a_quote_stays_a_value(fleet):
    description = "it's ours') DELETE CHANNEL('QM1.TO.QM2"
    run = fleet.playbook("site", "--limit", "qm1", **link(initiator_attributes={"DESCR": description}))
    assert run.rc == 0, run.output
    assert f"DESCR({description})" in fleet.runmqsc("qm1", "DISPLAY CHANNEL(QM1.TO.QM2) DESCR")
    fleet.runmqsc("qm1", "ALTER CHANNEL(QM1.TO.QM2) CHLTYPE(SDR) DESCR('')")


def refused(fleet, words, *arguments, **variables):
    """Run site, which must fail and name the words; return the run."""
    run = fleet.playbook("site", *arguments, **variables)
    assert run.rc == 2, run.output
    flat = " ".join(run.output.split())
    for word in words:
        assert word in flat, run.output
    return run


def test_a_repository_path_that_cannot_be_written(fleet, tmp_path):
    (tmp_path / "file").write_text("")
    refused(fleet, [f"{tmp_path}/file/ssl"], mq_tls_key_repository=f"{tmp_path}/file/ssl/key")


def test_a_wrong_repository_password(fleet):
    before = fleet.state()
    refused(fleet, ["password", "QM1"], "--limit", "qm1", mq_tls_key_repository_password="not the password")
    fleet.assert_unchanged(before)


@pytest.mark.parametrize(("host", "name"), [("qm1", "key.p12"), ("qm2", "key.kdb")])
def test_a_corrupt_repository_is_refused_and_left_as_it_is(fleet, host, name):
    path = (fleet.key_repository(host) / name).resolve()
    whole = path.read_bytes()
    status = path.stat()
    path.write_bytes(whole[: len(whole) // 2])
    try:
        refused(fleet, [name, host.upper()], "--limit", host)
        assert path.read_bytes() == whole[: len(whole) // 2]
    finally:
        path.write_bytes(whole)
        os.utime(path, ns=(status.st_atime_ns, status.st_mtime_ns))


def test_a_missing_runmqsc(fleet):
    program = fleet.hosts["qm1"].installation / "bin" / "runmqsc"
    aside = program.with_name("runmqsc.aside")
    program.rename(aside)
    try:
        refused(fleet, ["runmqsc", "mq_tls_installation"], "--limit", "qm1")
    finally:
        aside.rename(program)


def test_an_unknown_queue_manager(fleet):
    del fleet.host_variables["qm1"]["simulated_machine"]
    fleet.host_variables["qm1"]["mq_tls_queue_manager"] = "QMX"
    fleet.variables["mq_tls_links"] = [{"from": "QMX", "to": "QM2"}]
    fleet.write()
    try:
        refused(fleet, ["QMX", "crtmqm"], "--limit", "qm1")
    finally:
        fleet.host_variables["qm1"].update(simulated_machine="qm1")
        del fleet.host_variables["qm1"]["mq_tls_queue_manager"]
        fleet.variables["mq_tls_links"] = LINKS
        fleet.write()


def test_no_authority(fleet):
    switch = fleet.hosts["qm1"].data_path / "mqsim.deny"
    switch.write_text("")
    try:
        refused(fleet, ["QM1", "mqm"], "--limit", "qm1")
    finally:
        switch.unlink()


def test_a_full_disk_leaves_the_old_repository_intact(fleets, tmp_path):
    if os.geteuid() != 0 or not shutil.which("mount"):
        pytest.skip("needs the right to mount a small file system")
    disk = tmp_path / "disk"
    disk.mkdir()
    subprocess.run(["mount", "-t", "tmpfs", "-o", "size=1m,mode=0700", "tmpfs", str(disk)], check=True)
    try:
        fleet = fleets(
            {"qm1": "9.4.2", "qm2": "9.4.2"}, mq_tls_links=LINKS, mq_tls_key_repository=f"{disk}/{{{{ inventory_hostname }}}}/key"
        )
        assert fleet.playbook("site").rc == 0
        assert fleet.playbook("verify").rc == 0  # its channels have come to rest
        filler = disk / "filler"
        with open(filler, "wb", buffering=0) as stream:
            try:
                while True:
                    stream.write(b"x" * 512)
            except OSError as error:
                assert error.errno == errno.ENOSPC
        before = fleet.state()
        digests = {path: path.read_bytes() for path in disk.rglob("key.p12")}
        refused(fleet, ["space"], mq_tls_subject="CN={{ inventory_hostname }},O=Other")
        assert {path: path.read_bytes() for path in disk.rglob("key.p12")} == digests
        fleet.assert_unchanged(before)
        filler.unlink()
        again = fleet.playbook("site", mq_tls_subject="CN={{ inventory_hostname }},O=Other")
        assert again.rc == 0, again.output
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


def test_a_stopped_queue_manager(fleet):
    assert fleet.hosts["qm1"].run("endmqm", "-i", "QM1").returncode == 0
    try:
        refused(fleet, ["QM1", "strmqm"], "--limit", "qm1")
    finally:
        assert fleet.hosts["qm1"].run("strmqm", "QM1").returncode == 0
