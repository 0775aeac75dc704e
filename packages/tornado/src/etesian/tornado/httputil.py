"""``tornado.httputil``: what HTTP servers and clients share."""

from __future__ import annotations

import unittest

from etesian.tornado.lending import lend
from etesian.tornado.server_request import HTTPServerRequest  # noqa: F401  # is offered here

__getattr__, __dir__ = lend(
    __name__,
    {
        "http_wire": """
            HTTPHeaders HTTPInputError HTTPOutputError
            HTTPServerConnectionDelegate HTTPMessageDelegate HTTPConnection url_concat
            HTTPFile parse_body_arguments parse_multipart_form_data format_timestamp
            RequestStartLine parse_request_start_line ResponseStartLine
            parse_response_start_line split_host_and_port parse_cookie qs_to_qsl
            encode_username_password
        """,
    },
    own="doctests HTTPServerRequest",
)


def doctests() -> unittest.TestSuite:
    """Give the examples in the module's texts as tests; here there are none."""
    return unittest.TestSuite()
