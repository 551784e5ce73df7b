# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The policies that hold where nobody says otherwise.

Sources: IBM MQ documentation, "Deprecated CipherSpecs", "SSLPEER", "Channel authentication records"; CA/Browser Forum Baseline Requirements
for 398 days; NIST SP 800-131A for the sizes of keys and for SHA-1.

This is private code of the collection and may change without notice.
"""

from __future__ import annotations

DEFAULT_POLICIES = (
    {
        "name": "channel-without-tls",
        "severity": "error",
        "description": "No channel without TLS. Those that IBM MQ brings along are judged by system-channel-open.",
        "find": "channels[?!tls && !system && CHLTYPE != 'CLNTCONN']",
        "text": "this {CHLTYPE} channel has no SSLCIPH and carries its messages in the clear",
        "remedy": "describe its link in mq_tls_links, or set SSLCIPH and delete the channel where nobody uses it",
    },
    {
        "name": "system-channel-open",
        "severity": "error",
        "description": "No channel that IBM MQ brings along lets anybody in without TLS.",
        "find": """channels[?system && !tls && !blocked && contains(`["RCVR", "RQSTR", "CLUSRCVR", "SVRCONN"]`, CHLTYPE)]""",
        "text": "no CHLAUTH rule keeps partners from this {CHLTYPE} channel, which has no TLS",
        "remedy": "set CHLAUTH(ENABLED) and the rule SET CHLAUTH('SYSTEM.*') TYPE(ADDRESSMAP) ADDRESS('*') USERSRC(NOACCESS)",
    },
    {
        "name": "cipher-spec-before-tls12",
        "severity": "error",
        "description": "No channel may use SSL 3.0, TLS 1.0 or a CipherSpec that IBM has deprecated.",
        "find": "channels[?deprecated || contains(protocols, 'SSL 3.0') || contains(protocols, 'TLS 1.0')]",
        "text": "SSLCIPH is {SSLCIPH}, which is deprecated or allows protocols before TLS 1.2",
        "remedy": "set SSLCIPH to ANY_TLS12_OR_HIGHER on both ends",
    },
    {
        "name": "only-tls13",
        "severity": "note",
        "description": "Only TLS 1.3.",
        "find": """channels[?tls && protocols != `["TLS 1.3"]`]""",
        "text": "SSLCIPH is {SSLCIPH}, which allows {protocols}",
        "remedy": "set mq_tls_cipher_spec to ANY_TLS13 once every partner has IBM MQ 9.1.4 or later",
    },
    {
        "name": "receiver-without-sslpeer",
        "severity": "warning",
        "description": "SSLPEER on every channel that receives and requires a certificate.",
        "find": """channels[?tls && !system && !SSLPEER && SSLCAUTH == 'REQUIRED' && contains(`["RCVR", "RQSTR", "CLUSRCVR"]`, CHLTYPE)]""",
        "text": "without SSLPEER every certificate of a trusted CA is let in",
        "remedy": "give the channel the SSLPEER of its partner; site does for links that are described",
    },
    {
        "name": "receiver-without-certificate",
        "severity": "note",
        "description": "Channels that receive require the certificate of their partner.",
        "find": """channels[?tls && !system && SSLCAUTH == 'OPTIONAL' && contains(`["RCVR", "RQSTR", "CLUSRCVR"]`, CHLTYPE)]""",
        "text": "SSLCAUTH is OPTIONAL, so that a partner without a certificate is let in",
        "remedy": "describe the link with authentication: two_way, or give a waiver",
    },
    {
        "name": "certificate-expired",
        "severity": "error",
        "description": "No certificate in use, and no trusted one, has ended.",
        "find": "[certificates[?in_use], trust][] | [?days_left < `0`]",
        "text": "{subject} ended on {not_after}",
        "remedy": "run mqfleet.tls.site; take a trusted certificate that has ended out with mq_tls_purge_trust",
    },
    {
        "name": "certificate-over-398-days",
        "severity": "warning",
        "description": "No certificate is valid for more than 398 days.",
        "find": "certificates[?days > `398`]",
        "text": "{subject} is valid for {days} days",
        "remedy": "set mq_tls_certificate_days to 398 or less and run mqfleet.tls.rotate_certificates",
    },
    {
        "name": "key-too-small",
        "severity": "error",
        "description": "No RSA key under 2048 bits, no elliptic-curve key under 256.",
        "find": "[certificates, trust][] | [?key_type == 'RSA' && key_size < `2048` || key_type == 'EC' && key_size < `256`]",
        "text": "{subject} has a key of {key_size} bits ({key_type})",
        "remedy": "have it replaced by a certificate with a larger key (mq_tls_key_size)",
    },
    {
        "name": "signed-with-sha1",
        "severity": "error",
        "description": "No certificate is signed with SHA-1 or MD5. Of a trusted one that has signed itself nobody looks at the signature.",
        "find": """[certificates, trust[?!self_signed]][] | [?contains(`["SHA1", "MD5"]`, signature_hash)]""",
        "text": "{subject} is signed with {signature_hash}",
        "remedy": "have it signed anew with SHA-256 or better",
    },
    {
        "name": "chlauth-disabled",
        "severity": "warning",
        "description": "Channel authentication is enabled.",
        "find": "attributes.CHLAUTH == 'DISABLED'",
        "text": "CHLAUTH is DISABLED, so that no rule of channel authentication is looked at",
        "remedy": "ALTER QMGR CHLAUTH(ENABLED)",
    },
    {
        "name": "chlauth-lets-everybody-in",
        "severity": "warning",
        "description": "No rule of channel authentication lets in whoever comes, from any address.",
        "find": """chlauth[?!system && TYPE == 'ADDRESSMAP' && ADDRESS == '*' && contains(`["MAP", "CHANNEL"]`, USERSRC)]""",
        "text": "it lets everybody in, from any address (USERSRC({USERSRC}))",
        "remedy": "name addresses, or let partners in by SSLPEERMAP",
    },
    {
        "name": "key-repository-readable",
        "severity": "error",
        "description": "The files of a key repository are closed to others than owner and group.",
        "find": "repository.files[?mode && !ends_with(mode, '0')]",
        "text": "its mode is {mode}, so that everybody on the host has access",
        "remedy": "run mqfleet.tls.site, or chmod o= the file",
    },
)
