"""What the documents accept on the wire, in place of the strict default.

Four readings of the documents are softer than Etesian's server is by itself:
the server answers a head that is too large by closing, a body that is too large
with 400, and it accepts LF alone as a line's end and a Content-Length that is
repeated with the same value. Programs that were written for Tornado get those
four, and no other leniency.
"""

from __future__ import annotations

from etesian.http_wire.interface import api as http_wire

__all__ = ["DOCUMENTED"]

DOCUMENTED = http_wire.WirePolicy(
    silent_header_overflow=True,
    body_overflow_is_400=True,
    accept_bare_lf=True,
    accept_equal_content_lengths=True,
)
