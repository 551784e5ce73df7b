# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""IBM's TLS engine and key repositories: the one package that touches GSKit.

The libraries are those of the wheel `ibm_db` (GSKit 8.0.60), loaded by full path through ctypes. No header ships with
them: how their functions are called was found by trial. A wrong call is a segmentation fault, so nothing else in the
simulator calls them.

Its modules are imported by name: a program that manages keys needs no sockets.
"""
