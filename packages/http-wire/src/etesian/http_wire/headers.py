"""Header fields: a mapping that ignores case and keeps repeated fields apart."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, MutableMapping
from typing import Final, Self, TypeVar, overload

from etesian.http_wire.interface import HTTPInputError
from etesian.http_wire.wire.grammar import OWS, escaped, forbidden_place, is_field_value, is_token

_Default = TypeVar("_Default")

# Names seen, in the spelling seen -> Http-Header-Case. Only valid names get in, so that a hit is
# also the proof of validity. Bounded because peers choose the keys: 2,048 spellings of the names
# in real use fit easily, and a peer that fills the rest only makes its own names slower.
_MAX_KNOWN_NAMES: Final = 2048
KNOWN_NAMES: Final[dict[str, str]] = {}

# What real traffic uses, learnt before any peer can fill the table.
# fmt: off
_USUAL_NAMES: Final = (
    "Accept", "Accept-Charset", "Accept-Encoding", "Accept-Language", "Accept-Ranges", "Age",
    "Allow", "Authorization", "Cache-Control", "Connection", "Content-Disposition",
    "Content-Encoding", "Content-Language", "Content-Length", "Content-Range",
    "Content-Security-Policy", "Content-Type", "Cookie", "Date", "Dnt", "Etag", "Expect",
    "Expires", "Forwarded", "From", "Host", "If-Match", "If-Modified-Since", "If-None-Match",
    "If-Range", "If-Unmodified-Since", "Keep-Alive", "Last-Modified", "Link", "Location",
    "Origin", "Pragma", "Priority", "Proxy-Connection", "Range", "Referer", "Retry-After",
    "Sec-Ch-Ua", "Sec-Ch-Ua-Mobile", "Sec-Ch-Ua-Platform", "Sec-Fetch-Dest", "Sec-Fetch-Mode",
    "Sec-Fetch-Site", "Sec-Fetch-User", "Sec-Gpc", "Sec-Websocket-Accept",
    "Sec-Websocket-Extensions", "Sec-Websocket-Key", "Sec-Websocket-Protocol",
    "Sec-Websocket-Version", "Server", "Set-Cookie", "Strict-Transport-Security", "Te",
    "Trailer", "Transfer-Encoding", "Upgrade", "Upgrade-Insecure-Requests", "User-Agent",
    "Vary", "Via", "Www-Authenticate", "X-Content-Type-Options", "X-Forwarded-For",
    "X-Forwarded-Host", "X-Forwarded-Proto", "X-Frame-Options", "X-Real-Ip", "X-Request-Id",
    "X-Requested-With", "X-Scheme", "X-Csrftoken", "X-Xsrftoken", "X-Xss-Protection",
)
# fmt: on


def normalized_name(name: str) -> str:
    """Give ``name`` in ``Http-Header-Case``.

    Raises ``ValueError`` where it is not a token (RFC 9110, 5.1).
    """
    try:
        return KNOWN_NAMES[name]
    except KeyError:
        pass
    if not is_token(name):
        raise ValueError(f"invalid header name {escaped(name)}")
    normal = "-".join([word.capitalize() for word in name.split("-")])
    # Names with an underscore stay out: the parser has to look at each (see wire.head).
    if len(KNOWN_NAMES) < _MAX_KNOWN_NAMES and "_" not in name:
        KNOWN_NAMES[name] = normal
    return normal


for _name in _USUAL_NAMES:
    KNOWN_NAMES[_name] = KNOWN_NAMES[_name.lower()] = _name
for _name in ("DNT", "ETag", "TE", "WWW-Authenticate", "X-CSRFToken", "X-XSRFToken"):
    normalized_name(_name)


class HTTPHeaders(MutableMapping[str, str]):
    """Header fields of one message, in the order of their first appearance.

    Names are kept in ``Http-Header-Case`` and found in any case, each in
    constant time. ``[]`` joins the values of a repeated field by a comma and
    assignment replaces them all; :meth:`add` appends, :meth:`get_list` and
    :meth:`get_all` give the values one by one.

    Whatever sets a field raises ``ValueError``, and leaves the mapping as it
    was, where the name is not a token or the value holds a control character:
    what is in the mapping may stand on the wire (RFC 9110, 5.5).
    """

    __slots__ = ("_fields", "_last_name")

    # A str for a field that came once, a list for one that came more often: one dictionary
    # serves almost every message without a list per field.
    _fields: dict[str, str | list[str]]
    # The field of the line parsed last, which a continuation line goes on with.
    _last_name: str

    def __init__(
        self,
        fields: Mapping[str, str] | Iterable[tuple[str, str]] = (),
        /,
        **named: str,
    ) -> None:
        self._fields = {}
        self._last_name = ""
        if not fields:
            pass  # to ask for its type costs more than all the rest
        elif isinstance(fields, HTTPHeaders):
            self._fields = fields.copy()._fields
        elif isinstance(fields, dict):
            for name, value in fields.items():
                self[name] = value
        else:
            self.update(fields)
        if named:
            self.update(named)

    @classmethod
    def from_valid(cls, fields: dict[str, str | list[str]]) -> Self:
        """Take over ``fields``, whose names are normal and whose values are checked.

        For parsers, which have looked at every octet already.
        """
        self = cls.__new__(cls)
        self._fields = fields
        self._last_name = ""
        return self

    def set_valid(self, name: str, value: str) -> None:
        """Set ``name``, which is normal, to ``value``, which is checked: ``[]=`` without its looks.

        For writers that made up both themselves.
        """
        self._fields[name] = value

    def set_valid_default(self, name: str, value: str) -> None:
        """Set ``name`` as :meth:`set_valid` does, unless it is there already."""
        self._fields.setdefault(name, value)

    def add(self, name: str, value: str) -> None:
        """Append ``value`` to the values of ``name``."""
        name = normalized_name(name)
        _check_value(name, value)
        fields = self._fields
        present = fields.get(name)
        if present is None:
            fields[name] = value
        elif isinstance(present, list):
            present.append(value)
        else:
            fields[name] = [present, value]

    def get_list(self, name: str) -> list[str]:
        """Give all values of ``name``; none where the field is absent."""
        present = self._fields.get(KNOWN_NAMES.get(name) or normalized_name(name))
        if present is None:
            return []
        return list(present) if isinstance(present, list) else [present]

    def get_all(self) -> Iterator[tuple[str, str]]:
        """Give every name with every value, a pair for each."""
        for name, value in self._fields.items():
            if isinstance(value, str):
                yield name, value
            else:
                for one in value:
                    yield name, one

    def parse_line(self, line: str) -> None:
        r"""Take one header line, with or without its line end.

        A line that starts with SP or HTAB continues the value before it, joined
        by one space (RFC 9112, 5.2; the server itself refuses such lines).

        Raises ``HTTPInputError`` for a line without a colon, with an invalid
        name or value, or for a continuation of nothing.
        """
        line = line.removesuffix("\n").removesuffix("\r")
        if line.startswith((" ", "\t")):
            self._continue_last(line.strip(OWS))
            return
        name, colon, value = line.partition(":")
        if not colon:
            raise HTTPInputError(f"header line without a colon: {escaped(line)}")
        try:
            self.add(name, value.strip(OWS))
        except ValueError as error:
            raise HTTPInputError(str(error)) from None
        self._last_name = normalized_name(name)

    def _continue_last(self, more: str) -> None:
        present = self._fields.get(self._last_name)
        if present is None or not is_field_value(more):
            raise HTTPInputError(f"invalid continuation line: {escaped(more)}")
        if isinstance(present, list):
            present[-1] = f"{present[-1]} {more}".strip(OWS)
        else:
            self._fields[self._last_name] = f"{present} {more}".strip(OWS)

    @classmethod
    def parse(cls, block: str) -> Self:
        r"""Give the fields of a header block whose lines end in CRLF or LF.

        No other character ends a line, and an empty line is skipped. Raises
        ``HTTPInputError`` as :meth:`parse_line` does.
        """
        headers = cls()
        for line in block.split("\n"):
            if line and line != "\r":
                headers.parse_line(line)
        return headers

    def copy(self) -> Self:
        """Give an independent mapping with the same fields."""
        return self.from_valid(
            {
                name: value if isinstance(value, str) else value.copy()
                for name, value in self._fields.items()
            }
        )

    __copy__ = copy

    def __getstate__(self) -> list[tuple[str, str]]:
        return list(self.get_all())

    def __setstate__(self, state: list[tuple[str, str]]) -> None:
        self._fields = {}
        self._last_name = ""
        for name, value in state:
            self.add(name, value)

    def __deepcopy__(self, memo: dict[int, object]) -> Self:
        return self.copy()

    def __getitem__(self, name: str) -> str:
        value = self._fields.get(name)
        if value is None:
            value = self._fields[_lookup_name(name)]
        return value if isinstance(value, str) else ",".join(value)

    @overload
    def get(self, name: str, /) -> str | None: ...
    @overload
    def get(self, name: str, /, default: _Default) -> str | _Default: ...
    def get(self, name: str, /, default: object = None) -> object:
        """Give what ``[]`` gives, or ``default`` where the field is absent."""
        value = self._fields.get(name)
        if value is None:
            value = self._fields.get(KNOWN_NAMES.get(name) or _lookup_name(name))
            if value is None:
                return default
        return value if isinstance(value, str) else ",".join(value)

    def __setitem__(self, name: str, value: str) -> None:
        name = KNOWN_NAMES.get(name) or normalized_name(name)
        # The first half of what is checked: a call less for nearly every value.
        if type(value) is not str or not value.isprintable():
            _check_value(name, value)
        self._fields[name] = value

    # By another name, for those to whom a call by operator, through C and back, costs too much.
    put = __setitem__

    def __delitem__(self, name: str) -> None:
        del self._fields[_lookup_name(name)]

    def __contains__(self, name: object) -> bool:
        normal = KNOWN_NAMES.get(name)  # type: ignore[call-overload]  # whatever it is, it is asked
        if normal is None:
            return isinstance(name, str) and _lookup_name(name) in self._fields
        return normal in self._fields

    def __len__(self) -> int:
        return len(self._fields)

    def __iter__(self) -> Iterator[str]:
        return iter(self._fields)

    def __eq__(self, other: object) -> bool:
        if isinstance(other, HTTPHeaders):
            return self._fields == other._fields
        return super().__eq__(other)

    __hash__ = None  # type: ignore[assignment]  # mutable, as every mapping of this kind

    def __str__(self) -> str:
        return "".join([f"{name}: {value}\n" for name, value in self.get_all()])

    def __repr__(self) -> str:
        return f"{type(self).__name__}({list(self.get_all())!r})"


def _check_value(name: str, value: object) -> None:
    if not isinstance(value, str):
        raise TypeError(f"the value of header {name} must be str, not {type(value).__name__}")
    if not is_field_value(value):
        # Not the value itself: a token read from a file often has the file's line end in it.
        place = forbidden_place(value)
        offence = f"{escaped(value[place])} at {place} of {len(value)} characters"
        raise ValueError(f"invalid value of header {name}: {offence}")


def _lookup_name(name: str) -> str:
    """Give the key under which ``name`` would be; an invalid name is simply not there."""
    try:
        return normalized_name(name)
    except ValueError:
        return name
