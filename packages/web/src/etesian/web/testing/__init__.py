"""For tests of applications: served on a real socket, or within the process."""

from __future__ import annotations

from etesian.web.testing.case import AsyncHTTPSTestCase, AsyncHTTPTestCase
from etesian.web.testing.in_process import InProcessConnector, in_process_client
from etesian.web.testing.site import Site, serving

__all__ = [
    "AsyncHTTPSTestCase",
    "AsyncHTTPTestCase",
    "InProcessConnector",
    "Site",
    "in_process_client",
    "serving",
]
