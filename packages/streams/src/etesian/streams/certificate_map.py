"""Which certificate a server shows, by the name it is asked for, and renewing them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etesian.streams.tls import ssl_options_to_context

if TYPE_CHECKING:
    import ssl
    from collections.abc import Mapping

    from etesian.streams.tls import SSLOptions


class CertificateMap:
    """A TLS context that shows a certificate for each name (SNI, RFC 6066 section 3).

    ``default`` are the options (see :func:`ssl_options_to_context`) of the
    certificate that is shown to clients who ask for another name or for none.
    ``by_name`` has the options for other names: ``www.example.org``, or
    ``*.example.org`` for all with one more label. :attr:`context` goes to
    ``TCPServer(ssl_options=...)``.

    Only the certificate depends on the name. The versions, the ciphers and
    whether clients must show certificates are those of ``default``: a client
    says the name itself, and may say another one than its request does later.

    Raises ``ValueError`` for a name whose options ask clients for certificates
    otherwise than ``default`` does, and what ``load_cert_chain`` raises for
    files that cannot be used.
    """

    def __init__(
        self, default: SSLOptions, by_name: Mapping[str, SSLOptions] | None = None
    ) -> None:
        self._options: dict[str | None, SSLOptions] = {
            name.lower(): options for name, options in (by_name or {}).items()
        }
        self._options[None] = default
        self._contexts = self._load()
        self.context = ssl_options_to_context(default, server_side=True)
        """What takes the connections; it stays the same when certificates are renewed."""
        self.context.sni_callback = self._choose

    def reload(self) -> None:
        """Read all files again and show what they hold to new connections.

        Open connections go on. When one of the files cannot be used, its error
        is raised and nothing has changed.
        """
        self._contexts = self._load()

    def _load(self) -> dict[str | None, ssl.SSLContext]:
        contexts = {
            name: ssl_options_to_context(options, server_side=True)
            for name, options in self._options.items()
        }
        expected = contexts[None].verify_mode
        for name, context in contexts.items():
            # OpenSSL goes by the context that the connection began with: a stricter one here
            # would let everybody in.
            if context.verify_mode != expected:
                raise ValueError(
                    f"clients of {name!r} would be asked for {context.verify_mode.name}, "
                    f"but those of the default certificate for {expected.name}"
                )
        return contexts

    def _choose(
        self, tls: ssl.SSLObject | ssl.SSLSocket, name: str | None, _: ssl.SSLContext
    ) -> None:
        """Put the context for ``name`` on one connection (``SSLContext.sni_callback``)."""
        contexts = self._contexts
        name = (name or "").lower()
        parent = name.partition(".")[2]
        chosen = contexts.get(name) or contexts.get(f"*.{parent}") or contexts[None]
        tls.context = chosen
