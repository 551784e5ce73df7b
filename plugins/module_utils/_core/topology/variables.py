# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The variables that describe a fleet: their names, their defaults, and typed access to those of one host.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

import re
from typing import Any, Mapping

from .refusal import Refuse, as_sentence, shown

# The one place where the defaults of the variables are applied. What depends on the host (queue manager, address, subject,
# label) or on the key type (key size) is computed in queue_manager.py.
DEFAULTS: Mapping[str, Any] = {
    "mq_tls_listener": "TLS.LISTENER",
    "mq_tls_listener_port": 1414,
    "mq_tls_cipher_spec": "ANY_TLS12_OR_HIGHER",
    "mq_tls_key_type": "RSA",
    "mq_tls_certificate_days": 365,
    "mq_tls_renew_before_days": 30,
    "mq_tls_issuer": {"type": "local_ca"},
    "mq_tls_production": False,
    "mq_tls_refresh": "when_needed",
    "mq_tls_refresh_window": "",
}

# The variables that describe the fleet; the action plugin reads these of each host and no others.
DESCRIPTION = frozenset(DEFAULTS) | {
    "mq_tls_queue_manager",
    "mq_tls_links",
    "mq_tls_partners",
    "mq_tls_address",
    "mq_tls_listener_address",
    "mq_tls_subject",
    "mq_tls_certificate_label",
    "mq_tls_key_size",
    "mq_tls_crl_url",
    "mq_tls_ocsp_url",
    "mq_tls_revocation",
}
# Further variables that users set; known here so that a name that nearly equals one of them is recognised as a typing error.
OTHER_VARIABLES = frozenset(
    {
        "mq_tls_hosts",
        "mq_tls_installation",
        "mq_tls_data_path",
        "mq_tls_pki_dir",
        "mq_tls_key_repository",
        "mq_tls_key_repository_type",
        "mq_tls_key_repository_password",
        "mq_tls_key_repository_password_generation",
        "mq_tls_purge_trust",
        "mq_tls_ca_subject",
        "mq_tls_ca_days",
        "mq_tls_ca_passphrase",
        "mq_tls_ca_passphrase_file",
        "mq_tls_ca_intermediate_subject",
        "mq_tls_start_timeout",
        "mq_tls_verification_report",
        "mq_tls_verification_junit",
        "mq_tls_drift_report",
        "mq_tls_drift_junit",
        "mq_tls_preflight",
        "mq_tls_preflight_report",
        "mq_tls_report_dir",
        "mq_tls_adopt_dir",
        "mq_tls_adopt_overwrite",
        "mq_tls_drift_undescribed",
        "mq_tls_correct",
        "mq_tls_audit_policies",
        "mq_tls_audit_disabled",
        "mq_tls_audit_waivers",
        "mq_tls_audit_fail_on",
        "mq_tls_audit_report",
        "mq_tls_audit_junit",
        "mq_tls_rollover_hold",
        "mq_tls_crl_days",
        "mq_tls_set_ldap_passwords",
        "mq_tls_revoke_queue_manager",
        "mq_tls_revoke_serial_number",
        "mq_tls_revoke_fingerprint",
        "mq_tls_revoke_reason",
        "mq_tls_revoke_first",
        "mq_tls_rotate_hosts",
        "mq_tls_rotate_issued_before",
        "mq_tls_rotate_confirmed",
        "mq_tls_restore_generation",
        "mq_tls_restore_expired",
    }
)

UNPRINTABLE = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029\ud800-\udfff]")


class Variables:
    """Typed access to the variables of one host; what is wrong is refused and replaced by a value that lets the rest be checked."""

    def __init__(self, where: str, values: Mapping[str, Any], refuse: Refuse) -> None:
        self._where = where
        self._values = values
        self._refuse = refuse

    def value(self, variable: str, default: Any = None) -> Any:
        value = self._values.get(variable)
        return DEFAULTS.get(variable, default) if value is None else value

    def refuse(self, variable: str, value: Any, remedy: str) -> None:
        self._refuse(as_sentence(f"{self._where}: {variable} is {shown(value)}; {remedy}"))

    def refuse_sentence(self, variable: str, sentence: str) -> None:
        self._refuse(f"{self._where}, {variable}: {sentence}")

    def text(self, variable: str, default: Any = None) -> str:
        value = self.value(variable, default)
        if not isinstance(value, str) or UNPRINTABLE.search(value):
            self.refuse(variable, value, "write a text without line breaks and control characters")
            return str(default if default is not None else DEFAULTS.get(variable, ""))
        return value

    def number(self, variable: str, lowest: int, highest: int) -> int:
        value = self.value(variable)
        number = int(value) if isinstance(value, str) and value.isascii() and value.isdigit() else value
        if isinstance(number, bool) or not isinstance(number, int) or not lowest <= number <= highest:
            self.refuse(variable, value, f"write a whole number from {lowest} to {highest}")
            return int(DEFAULTS[variable])
        return number

    def flag(self, variable: str) -> bool:
        value = self.value(variable)
        words = {"true": True, "yes": True, "on": True, "1": True, "false": False, "no": False, "off": False, "0": False}
        if str(value).lower() not in words:
            self.refuse(variable, value, "write true or false")
            return bool(DEFAULTS[variable])
        return words[str(value).lower()]
