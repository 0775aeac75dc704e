"""``tornado.netutil``: sockets, addresses and TLS."""

from __future__ import annotations

import ssl

from etesian.tornado import match_hostname
from etesian.tornado.lending import lend

__getattr__, __dir__ = lend(
    __name__,
    {
        "streams": """
            bind_sockets bind_unix_socket add_accept_handler is_valid_ip Resolver
            ExecutorResolver BlockingResolver ThreadedResolver OverrideResolver
            DefaultExecutorResolver DefaultLoopResolver ssl_options_to_context
            ssl_wrap_socket
        """,
    },
    own="SSLCertificateError ssl_match_hostname",
)

# Python's own class by another name.
SSLCertificateError = ssl.SSLCertVerificationError

ssl_match_hostname = match_hostname.ssl_match_hostname
