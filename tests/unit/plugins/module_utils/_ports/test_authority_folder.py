# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""One CA takes over from another: at every moment the folder has a CA whose key is its own, and an interrupted change is finished."""

from __future__ import annotations

import itertools

import pytest
from ansible_collections.mqfleet.tls.plugins.module_utils._core.errors import InputError
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.authority_folder import AuthorityFolder
from ansible_collections.mqfleet.tls.plugins.module_utils._ports.files import Files
from ansible_collections.mqfleet.tls.plugins.module_utils._x509 import certificates
from repository_host import Ca

OLD, NEW = Ca("CN=Old CA"), Ca("CN=New CA")


class Killed(BaseException):
    """What a crash is to a test: nothing that the code may catch and go on from."""


class Mortal(Files):
    """Files that end the process at the given step."""

    def __init__(self, last):
        self._left = last

    def step(self, operation, path):
        if self._left == 0:
            raise Killed(f"{operation} {path}")
        self._left -= 1


@pytest.fixture
def path(tmp_path):
    for folder, ca in (("ca", OLD), ("ca/next", NEW)):
        (tmp_path / folder).mkdir()
        (tmp_path / folder / "certificate.pem").write_text(ca.pem)
        (tmp_path / folder / "private_key.pem").write_bytes(certificates.key_to_pem(ca.key))
        (tmp_path / folder / "private_key.pem").chmod(0o600)
    return tmp_path / "ca"


def signs(path):
    """The CA in use, after a look whether its key is its own."""
    (pem,) = AuthorityFolder(str(path)).chain()
    ca = {OLD.pem: OLD, NEW.pem: NEW}[pem]
    key = certificates.load_key((path / "private_key.pem").read_bytes())
    assert certificates.same_key(key.public_key(), ca.key.public_key())
    return ca


def test_the_next_ca_takes_over_and_the_one_before_is_retired(path):
    folder = AuthorityFolder(str(path))
    assert (folder.trusted(), folder.retired()) == ([OLD.pem, NEW.pem], [])
    folder.promote()
    assert signs(path) is NEW
    assert (folder.chain("next"), folder.chain("previous"), folder.trusted()) == ([], [OLD.pem], [NEW.pem, OLD.pem])
    assert (path / "previous/private_key.pem").stat().st_mode & 0o077 == 0
    folder.promote()
    assert signs(path) is NEW
    folder.retire()
    assert (folder.chain("previous"), folder.trusted(), folder.retired()) == ([], [NEW.pem], [OLD.pem])
    folder.retire()
    assert folder.retired() == [OLD.pem]


def test_each_intermediate_takes_its_root_along(tmp_path):
    roots = {"ca": Ca("CN=Old root"), "ca/next": Ca("CN=New root")}
    for folder, ca in (("ca", OLD), ("ca/next", NEW)):
        (tmp_path / folder / "root").mkdir(parents=True)
        (tmp_path / folder / "certificate.pem").write_text(ca.pem + roots[folder].pem)
        (tmp_path / folder / "private_key.pem").write_bytes(certificates.key_to_pem(ca.key))
        (tmp_path / folder / "root/certificate.pem").write_text(roots[folder].pem)
    folder = AuthorityFolder(str(tmp_path / "ca"))
    folder.promote()
    assert (tmp_path / "ca/root/certificate.pem").read_text() == roots["ca/next"].pem
    assert (tmp_path / "ca/previous/root/certificate.pem").read_text() == roots["ca"].pem
    folder.retire()
    assert folder.retired() == [OLD.pem, roots["ca"].pem]
    assert folder.trusted() == [NEW.pem, roots["ca/next"].pem]


def test_a_ca_that_is_in_use_again_is_not_retired(path):
    folder = AuthorityFolder(str(path))
    folder.promote()
    folder.retire()
    (path / "next").mkdir()
    (path / "next/certificate.pem").write_text(OLD.pem)
    assert folder.retired() == []


def test_wherever_it_is_killed_the_next_run_goes_on(path):
    killed = 0
    for last in itertools.count():
        try:
            AuthorityFolder(str(path), Mortal(last)).promote()
            break
        except Killed:
            killed += 1
        folder = AuthorityFolder(str(path))
        assert set(folder.trusted()) == {OLD.pem, NEW.pem}
        with folder.locked():
            folder.settle()
        assert signs(path) in (OLD, NEW)
        folder.promote()
        assert signs(path) is NEW and folder.chain("previous") == [OLD.pem] and folder.chain("next") == []
        # back to where it began, for the next moment
        for name in ("certificate.pem", "private_key.pem"):
            (path / "next").mkdir(exist_ok=True)
            (path / name).rename(path / "next" / name)
            (path / "previous" / name).rename(path / name)
        (path / "previous").rmdir()
    assert killed > 10


def test_text_that_is_no_certificate_is_named(path):
    (path / "next/certificate.pem").write_text("nothing")
    with pytest.raises(InputError) as error:
        AuthorityFolder(str(path)).trusted()
    assert str(error.value) == (
        f"{path}/next/certificate.pem: A certificate in PEM form was to be read and no '-----BEGIN CERTIFICATE-----' was found; "
        f"give the whole PEM text."
    )
