# Copyright (c) 2026 the mqfleet.tls authors
# SPDX-License-Identifier: GPL-3.0-or-later
"""With this folder in PYTHONPATH, the clock of a Python process is ahead by as many seconds as MQ_TLS_CLOCK_AHEAD says.

TLS engines keep the clock of the machine. So for a host whose clock is an hour behind, all others, the controller included, get one that is
an hour ahead.
"""

from __future__ import annotations

import ctypes
import datetime
import gc
import os

_now = datetime.datetime.now
_ahead = datetime.timedelta(seconds=float(os.environ.get("MQ_TLS_CLOCK_AHEAD") or 0))

if _ahead:
    # The method of the type itself, since compiled libraries take no other type for a datetime.
    (methods,) = gc.get_referents(datetime.datetime.__dict__)
    methods["now"] = staticmethod(lambda tz=None: _now(tz) + _ahead)
    ctypes.pythonapi.PyType_Modified(ctypes.py_object(datetime.datetime))
