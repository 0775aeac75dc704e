"""From names to addresses."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar, Self, TypeAlias, cast

from etesian.streams.ip_address import is_valid_ip

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Address: TypeAlias = "tuple[int, tuple[Any, ...]]"
"""An address family and what ``connect`` takes for it."""


# Characters. How much of a name is shown in an error: the longest that DNS has, RFC 1035
# section 2.3.4.
_SHOWN = 253


class Resolver:
    """Looks up names. ``Resolver()`` makes what :meth:`configure` chose.

    Subclasses override :meth:`resolve`; they set themselves up in
    ``initialize``, which gets the arguments of the constructor.
    """

    _chosen: ClassVar[type[Resolver] | str | None] = None
    _chosen_options: ClassVar[dict[str, Any]] = {}

    def __new__(cls, *args: Any, **options: Any) -> Self:
        """Make one of ``cls``, or for the base class one of the configured class."""
        chosen: type[Resolver] = cls
        if cls is Resolver:
            chosen = cls.configured_class()
            options = {**Resolver._chosen_options, **options}
        made = object.__new__(chosen)
        made.initialize(*args, **options)
        return cast("Self", made)

    def initialize(self) -> None:
        """Set the resolver up, with the arguments of the constructor."""

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``, in the order in which they should be tried.

        Raises ``OSError`` when there are none.
        """
        raise NotImplementedError

    def close(self) -> None:
        """Release what the resolver holds: it cannot be used any more."""

    @classmethod
    def configure(cls, impl: type[Resolver] | str | None, **options: Any) -> None:
        """Choose what ``Resolver()`` makes from now on: a class, or its dotted name.

        ``None`` chooses the default again, :class:`DefaultLoopResolver`.
        ``options`` are what ``Resolver()`` passes to it.
        """
        Resolver._chosen = impl
        Resolver._chosen_options = options

    @classmethod
    def configured_class(cls) -> type[Resolver]:
        """Give the class that ``Resolver()`` makes one of.

        Raises ``ImportError`` or ``ValueError`` when a dotted name was chosen
        that leads nowhere, or to something else.
        """
        chosen = Resolver._chosen
        if isinstance(chosen, str):
            module, _, name = chosen.rpartition(".")
            chosen = getattr(import_module(module), name, None)
            if not (isinstance(chosen, type) and issubclass(chosen, Resolver)):
                raise ValueError(f"{Resolver._chosen!r} is not a Resolver")  # noqa: TRY004 - the name is what is wrong
        return chosen or DefaultLoopResolver


class DefaultLoopResolver(Resolver):
    """Names are looked up by the loop's own ``getaddrinfo``."""

    async def resolve(
        self, host: str, port: int, family: socket.AddressFamily = socket.AF_UNSPEC
    ) -> list[Address]:
        """Give the addresses of ``host``; an address is given back without a look-up."""
        with names_without_address(host):
            literal = _address_of_literal(host, port)
            if literal is not None and family in {socket.AF_UNSPEC, literal[0]}:
                return [literal]
            loop = asyncio.get_running_loop()
            found = await loop.getaddrinfo(host, port, family=family, type=socket.SOCK_STREAM)
        return addresses_of(found)


def addresses_of(
    found: Sequence[tuple[socket.AddressFamily, socket.SocketKind, int, str, Any]],
) -> list[Address]:
    """Give the addresses in what ``getaddrinfo`` found, each once."""
    return list(dict.fromkeys((family, sockaddr) for family, _, _, _, sockaddr in found))


@contextmanager
def names_without_address(host: str) -> Iterator[None]:
    """Raise an ``OSError`` for what cannot be a name: Python says so with ``UnicodeError``."""
    try:
        yield
    except UnicodeError as error:
        raise socket.gaierror(
            socket.EAI_NONAME, f"{host[:_SHOWN]!r} is not a name: {error}"
        ) from error


def _address_of_literal(host: str, port: int) -> Address | None:
    """Give the address that ``host`` is written as, if it is one."""
    if not is_valid_ip(host):
        return None
    if "%" in host:
        # uvloop would lose the zone. Nothing is looked up here but the interface.
        found = socket.getaddrinfo(
            host, port, socket.AF_INET6, socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST
        )
        return addresses_of(found)[0]
    if ":" in host:
        return socket.AF_INET6, (host, port, 0, 0)
    return socket.AF_INET, (host, port)
