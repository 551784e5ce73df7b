# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""A self-signed certificate follows another: what the PKI folder tells partners at each step, and what they trust then."""

from __future__ import annotations

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.key_repository import pem_blocks, pem_fingerprint
from ansible_collections.mqfleet.tls.plugins.plugin_utils.pki_folder import PkiFolder
from repository_host import EC
from repository_site import IDENTITY, LOCAL_CA, Site, steps

SELF_SIGNED = {"identity": IDENTITY, "issuer": {"type": "self_signed"}, "stage": True}
PARTNER = {
    "queue_manager": "QM2",
    "identity": {**EC, "subject": "CN=QM2", "label": "qm2"},
    "issuer": {"type": "self_signed"},
    "trust": [{"queue_manager": "QM1"}],
}


@pytest.fixture
def fleet(tmp_path):
    """QM1, whose certificate is replaced, and a partner that trusts it."""
    one, two = Site(tmp_path / "one"), Site(tmp_path / "two")
    two.pki = one.pki
    ini = two.host.folder / "var/mqm/mqs.ini"
    ini.write_text(ini.read_text().replace("=QM1", "=QM2", 1))
    return one, two


def due(site, **options):
    """What check mode announces is what is then done."""
    announced = site.run(check=True, **options)
    result = site.run(**options)
    assert announced["changes"] == result["changes"]
    return result


def published(site) -> dict[str, list[str]]:
    """Fingerprints in the files of the folder, by the end of their names."""
    folder = site.pki / "certificates"
    return {path.stem[3:]: [pem_fingerprint(pem) for pem in pem_blocks(path.read_text())] for path in sorted(folder.glob("QM1*.pem"))}


def trusted(result) -> set[str]:
    return {entry["fingerprint"] for entry in result["trust"]}


def test_partners_find_what_they_have_to_trust_at_each_step(fleet):
    one, two = fleet
    first = one.run(**SELF_SIGNED)["certificate"]["fingerprint"]
    two.run(**PARTNER)

    staged = due(one, replace=first, **SELF_SIGNED)
    second = staged["staged"]["fingerprint"]
    assert steps(staged) == [("CERTIFICATE", "issue", f"{IDENTITY['label']}-next"), ("FILE", "create", "QM1-next.pem")]
    assert published(one) == {"": [first], "-next": [second]}
    assert one.run(replace=first, **SELF_SIGNED)["changes"] == []
    assert trusted(due(two, **PARTNER)) == {first, second}

    installed = one.run(replace=first, install=second, **SELF_SIGNED)
    assert steps(installed)[1:] == [
        ("FILE", "create", "QM1-former.pem"),
        ("FILE", "replace", "QM1.pem"),
        ("FILE", "remove", "QM1-next.pem"),
    ]
    assert published(one) == {"": [second], "-former": [first]}
    assert two.run(**PARTNER)["changes"] == []

    gone = due(one, drop_former=first, **SELF_SIGNED)
    assert steps(gone)[1:] == [("FILE", "create", "QM1-retired.pem"), ("FILE", "remove", "QM1-former.pem")]
    assert published(one) == {"": [second], "-retired": [first]}
    assert one.run(**SELF_SIGNED)["changes"] == []

    dropped = due(two, **PARTNER)
    assert [change["action"] for change in dropped["changes"]] == ["remove"]
    assert trusted(dropped) == {second}
    assert two.run(**PARTNER)["changes"] == []


def test_a_certificate_that_is_in_use_again_is_not_retired(fleet):
    one, two = fleet
    first = one.run(**SELF_SIGNED)["certificate"]
    (one.pki / "certificates/QM1-retired.pem").write_text(first["pem"])
    assert trusted(two.run(**PARTNER)) == {first["fingerprint"]}


def test_what_an_interruption_left_unpublished_is_made_good(fleet):
    one, _two = fleet
    first = one.run(**SELF_SIGNED)["certificate"]["fingerprint"]
    second = one.run(replace=first, **SELF_SIGNED)["staged"]["fingerprint"]
    (one.pki / "certificates/QM1-next.pem").unlink()
    assert steps(one.run(**SELF_SIGNED)) == [("FILE", "create", "QM1-next.pem")]
    assert published(one) == {"": [first], "-next": [second]}


@pytest.mark.parametrize("given", [True, False])
def test_the_certificate_that_a_rotation_names_is_replaced_once(tmp_path, given):
    site = Site(tmp_path)
    site.make_authority()
    first = site.run(**LOCAL_CA)["certificate"]
    options = dict(LOCAL_CA)
    if given:
        options["replace"] = first["fingerprint"]
    else:
        PkiFolder(str(site.pki)).succession.begin_rotation("QM1", first["pem"], False)
    assert site.run(check=True, **options)["found"]["certificate"]["fingerprint"] == first["fingerprint"]
    result = due(site, **options)
    assert [change["reason"] for change in result["changes"] if change["object"] == "CERTIFICATE"] == ["a new key is asked for"]
    assert result["certificate"]["fingerprint"] != first["fingerprint"] == result["former"]["fingerprint"]
    assert site.run(**options)["changes"] == []
