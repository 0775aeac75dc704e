"""Tracebacks that speak of templates, not of generated code.

The generated code bears the name of the first file of a linked template and, for
that file, true line numbers: Python itself shows the right thing. Lines of other
files (an included one, the blocks of an extending one) have numbers beyond its end;
their entries are replaced here, when an exception passes, by entries that name the
right file. Rendering that succeeds costs nothing.
"""

from __future__ import annotations

import ast
from itertools import islice
from types import CodeType, TracebackType
from typing import TYPE_CHECKING

from etesian.templates.syntax import Place, constant

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from etesian.templates.line_map import LineMap
    from etesian.templates.origin import Origin


def restore(error: BaseException, code: CodeType, lines: LineMap) -> None:
    """Make the traceback of an exception name the files and lines of the template.

    ``code`` is the template's function, ``lines`` what its line numbers mean. What the
    exception came from, and what it is a group of, is shown with it and treated alike.
    """
    own = frozenset(_with_inner(code))
    for shown in _shown_with(error):
        entries = list(_entries(shown.__traceback__))
        if any(entry.tb_frame.f_code in own for entry in entries):
            shown.__traceback__ = _rebuilt(entries, own, lines)


def _shown_with(error: BaseException) -> Iterable[BaseException]:
    """Give the exception and all that a traceback of it shows, each once."""
    # By identity: an exception may say that it equals another one.
    found: dict[int, BaseException] = {}
    waiting: list[BaseException | None] = [error]
    while waiting:
        each = waiting.pop()
        if each is None or id(each) in found:
            continue
        found[id(each)] = each
        waiting += [each.__cause__, each.__context__]
        if isinstance(each, BaseExceptionGroup):
            waiting += each.exceptions
    return found.values()


def _entries(entry: TracebackType | None) -> Iterator[TracebackType]:
    while entry is not None:
        yield entry
        entry = entry.tb_next


def _rebuilt(
    entries: list[TracebackType], own: frozenset[CodeType], lines: LineMap
) -> TracebackType | None:
    """Give the same traceback with the template's entries in terms of its files."""
    result = None
    for old in reversed(entries):
        if old.tb_frame.f_code in own:
            result = _restored(old, lines, result)
        else:
            result = TracebackType(result, old.tb_frame, old.tb_lasti, old.tb_lineno)
    return result


def _with_inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from _with_inner(value)


def _restored(old: TracebackType, lines: LineMap, rest: TracebackType | None) -> TracebackType:
    origin, line = lines.locate(old.tb_lineno)
    _offer_text(origin)
    if origin is lines.first:
        return TracebackType(rest, old.tb_frame, old.tb_lasti, old.tb_lineno)
    return _stand_in(old, origin, line, rest)


def _offer_text(origin: Origin) -> None:
    """Let Python show source lines as they were compiled.

    Also of a file, where Python would read what it is by now, take a carriage return
    for the end of a line, or believe in an encoding that a comment names.
    """
    import linecache  # noqa: PLC0415 - needed on errors only

    # Not splitlines(), which knows eight more ends of a line than the lexer does.
    lines = [f"{line}\n" for line in origin.text.split("\n")]
    # No modification time: linecache then takes the entry for good and asks no disk.
    linecache.cache[origin.filename] = (len(origin.text), None, lines, origin.filename)


def _stand_in(
    old: TracebackType, origin: Origin, line: int, rest: TracebackType | None
) -> TracebackType:
    """Give an entry like the old one in another file: same name, same variables, same columns.

    An entry needs a frame, and only running code has one: a statement that fails at
    that place is compiled and run.
    """
    frame = old.tb_frame
    at = _place(old, line)
    module = ast.Module([ast.Raise(constant(None, at), None, **at)], [])
    code = compile(module, origin.filename, "exec", dont_inherit=True)
    try:
        exec(  # noqa: S102 - two instructions of our own
            code.replace(co_name=frame.f_code.co_name, co_qualname=frame.f_code.co_qualname),
            frame.f_globals,
            dict(frame.f_locals),
        )
    except TypeError as error:
        failed = error.__traceback__ and error.__traceback__.tb_next
        if failed:
            return TracebackType(rest, failed.tb_frame, failed.tb_lasti, line)
    return TracebackType(rest, frame, old.tb_lasti, old.tb_lineno)


def _place(old: TracebackType, line: int) -> Place:
    positions = old.tb_frame.f_code.co_positions()
    # Instructions are two bytes each.
    first, last, column, end = next(islice(positions, old.tb_lasti // 2, None))
    lines = (last or 0) - (first or 0)
    return Place(
        lineno=line, end_lineno=line + lines, col_offset=column or 0, end_col_offset=end or 0
    )
