"""The suites, by the name that the command line knows them by.

A suite is a module with ``CONTENDERS``, what they do in one ``UNIT`` of work,
and the names of the ``BASELINES`` that all are compared with.
"""

from __future__ import annotations

# Imported when asked for, because a suite may import the peers.
SUITES = ("http", "templates")
