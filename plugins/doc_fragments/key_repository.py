# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a key repository is and what its modules return."""

from __future__ import annotations


class ModuleDocFragment:
    DOCUMENTATION = r"""
options:
  path:
    description:
      - Stem of the key repository, without C(.kdb) or C(.p12).
      - Left out, C(ssl/key) in the directory of the queue manager, which C(mqs.ini) names.
    type: path
  type:
    description:
      - V(cms) is read by every release of IBM MQ and needs C(runmqakm). V(pkcs12) is read from IBM MQ 9.3 on.
      - V(auto) keeps the type of the repository that is there. Where there is none, it is V(pkcs12) from IBM MQ 9.3 on, else V(cms).
      - Where M(mqfleet.tls.key_repository) finds one of the other type, it converts it. Private keys, certificates, labels and trust stay.
        A CMS repository with an open certificate request or a secret key is refused, since they would be lost. Its certificates that are
        not trusted go, since V(pkcs12) trusts all. The files of the former type go after M(mqfleet.tls.mqsc) refreshed the queue manager.
    type: str
    choices: [auto, cms, pkcs12]
    default: auto
  password:
    description:
      - Password of a PKCS#12 repository that was made by hand, or one chosen for a new repository.
      - Left out, a new repository gets a password that is generated on the host and kept there in C(key.d/password), which only its
        owner may read.
      - To change it, see O(mqfleet.tls.key_repository#module:password_generation).
      - A CMS repository is opened by its stash file, and this option is not used.
    type: str
requirements:
  - The Python library C(cryptography), version 36 or later, on the host of the queue manager
"""
