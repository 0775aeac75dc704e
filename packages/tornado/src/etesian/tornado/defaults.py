"""Which classes the process makes where a program names none."""

from __future__ import annotations

from etesian.core_loop.interface import api as core_loop
from etesian.http_wire.interface import api as http_wire
from etesian.templates.interface import api as templates
from etesian.tornado.httpclient import SimpleAsyncHTTPClient
from etesian.tornado.ioloop import IOLoop

__all__ = ["choose_defaults"]


def choose_defaults() -> None:
    """Make ``IOLoop.current()`` and ``AsyncHTTPClient()`` give the bridge's classes everywhere.

    And hand bytes to functions that a template names, which may know nothing else.
    For the whole process, whoever asks; so it is not done by importing a module,
    only by ``install()``.
    """
    core_loop.IOLoop.configure(IOLoop)
    http_wire.AsyncHTTPClient.configure(SimpleAsyncHTTPClient)
    templates.Template.functions_take = bytes
