"""``tornado.netutil``: sockets, addresses and TLS."""

from __future__ import annotations

import ssl

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
    own="SSLCertificateError",
)

# Python's own class by another name; matching names is OpenSSL's work since Python 3.7.
SSLCertificateError = ssl.SSLCertVerificationError
