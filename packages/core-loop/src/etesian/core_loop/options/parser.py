"""Options of a program, from its command line and configuration files."""

from __future__ import annotations

import difflib
import os
import stat
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

from etesian.core_loop.options.errors import Error
from etesian.core_loop.options.listing import write_help
from etesian.core_loop.options.mockable import Mockable
from etesian.core_loop.options.option import Option

if TYPE_CHECKING:
    from collections.abc import Callable, ItemsView, Iterator, Sequence
    from types import CodeType

__all__ = ["OptionParser"]

# Options that an error names when none is close to the unknown one: a line, not a page.
MAX_NAMED = 12

_PACKAGE = str(Path(__file__).parent)


class OptionParser:
    """A set of options, read and written as attributes or by ``[]``.

    Dashes and underscores in names are the same. Options of one parser are unknown to
    another; the program's own is `etesian.core_loop.options.options`.

    Raises AttributeError for an attribute that is not an option, KeyError for a ``[]``.
    """

    _options: dict[str, Option]
    _parse_callbacks: list[Callable[[], object]]

    def __init__(self) -> None:
        # Not plain assignments: those set options.
        self.__dict__["_options"] = {}
        self.__dict__["_parse_callbacks"] = []
        self.define(
            "help",
            type=bool,
            help="show this list and exit",
            callback=self._show_help,
            group="",
        )

    def define(  # noqa: PLR0917  the documented order
        self,
        name: str,
        default: Any = None,
        type: Callable[[str], Any] | None = None,  # noqa: A002  the documented name
        help: str | None = None,  # noqa: A002  the documented name
        metavar: str | None = None,
        multiple: bool = False,
        group: str | None = None,
        callback: Callable[[Any], object] | None = None,
    ) -> None:
        """Define an option.

        `type` is str, int, float, bool, datetime, timedelta or anything to be called with
        text; by default the type of `default`, and str without one. With `multiple` the
        value is a list. `group`, by default the file that defines the option, is its heading
        in the help. `callback` gets the value on every change.

        Raises Error when the name is taken.
        """
        key = _key(name)
        if key in self._options:
            known = self._options[key]
            raise Error(f"option {name!r} is already defined in {known.defined_in}")
        defined_in = _calling_file()
        self._options[key] = Option(
            name,
            default=default,
            type=type,
            help=help,
            metavar=metavar,
            multiple=multiple,
            group=defined_in if group is None else group,
            defined_in=defined_in,
            callback=callback,
        )

    def parse_command_line(
        self, args: Sequence[str] | None = None, final: bool = True
    ) -> list[str]:
        """Set options from a command line, by default `sys.argv`; return what is left of it.

        The first item, the program's name, is not looked at. ``--name=value`` sets an
        option, ``--name`` sets a bool to true; ``--help`` prints the list of options and
        exits. The first item that does not begin with a dash ends the options, as ``--``
        does. With ``final=False`` the parse callbacks do not run yet.

        Raises Error for an unknown option and one without its value.
        """
        words = list(sys.argv if args is None else args)[1:]
        while words and words[0].startswith("-"):
            word = words.pop(0)
            if word == "--":
                break
            self._parse_word(word.lstrip("-"))
        if final:
            self.run_parse_callbacks()
        return words

    def parse_config_file(self, path: str | os.PathLike[str], final: bool = True) -> None:
        """Set options from a file of Python code, in UTF-8, that assigns them.

        It is run, with all the rights of the program, and has its own path in ``__file__``.
        Names that are not options are its own affair. Text assigned to an option of another
        type is read as on the command line.

        Raises Error, without running any of it, when anybody may write to the file or it is
        not Python in UTF-8.
        """
        code = _trusted_code(Path(path))
        config: dict[str, Any] = {"__file__": str(Path(path).absolute())}
        exec(code, config)  # noqa: S102  as documented
        for name, value in config.items():
            option = self._options.get(_key(name))
            if option is not None:
                _take_from_file(option, value, path)
        if final:
            self.run_parse_callbacks()

    def print_help(self, file: TextIO | None = None) -> None:
        """Print the options, by group, to `file`, by default standard error."""
        write_help(self._options.values(), sys.stderr if file is None else file)

    def add_parse_callback(self, callback: Callable[[], object]) -> None:
        """Call `callback` when options have been parsed."""
        self._parse_callbacks.append(callback)

    def run_parse_callbacks(self) -> None:
        """Call what `add_parse_callback` was given."""
        for callback in self._parse_callbacks:
            callback()

    def mockable(self) -> Mockable:
        """Return an object with these options that `unittest.mock.patch.object` can patch.

        The parser itself cannot be patched: it has no attributes that could be deleted.
        """
        return Mockable(self)

    def groups(self) -> set[str]:
        """Return the names of the groups."""
        return {option.group for option in self._options.values()}

    def group_dict(self, group: str | None) -> dict[str, Any]:
        """Return names and values of a group; of all options if it is empty or None."""
        return {
            option.name: option.value
            for option in self._options.values()
            if not group or option.group == group
        }

    def as_dict(self) -> dict[str, Any]:
        """Return names and values of all options."""
        return self.group_dict(None)

    def items(self) -> ItemsView[str, Any]:
        """Return pairs of name and value."""
        return self.as_dict().items()

    def __iter__(self) -> Iterator[str]:
        return iter(self.as_dict())

    def __contains__(self, name: str) -> bool:
        return _key(name) in self._options

    def __getattr__(self, name: str) -> Any:
        return self._find(name, AttributeError).value

    def __setattr__(self, name: str, value: Any) -> None:
        self._find(name, AttributeError).set(value)

    def __getitem__(self, name: str) -> Any:
        return self._find(name, KeyError).value

    def __setitem__(self, name: str, value: Any) -> None:
        self._find(name, KeyError).set(value)

    def _find(self, name: str, error: type[Exception]) -> Option:
        option = self._options.get(_key(name))
        if option is None:
            raise error(f"no option {name!r}{self._suggestion(name)}")
        return option

    def _suggestion(self, name: str) -> str:
        close = difflib.get_close_matches(_key(name), self._options, n=3)
        if close:
            return f"; close to it: {', '.join(close)}"
        names = sorted(self._options)
        more = f" and {len(names) - MAX_NAMED} more" if len(names) > MAX_NAMED else ""
        return f"; there are: {', '.join(names[:MAX_NAMED])}{more}"

    def _parse_word(self, word: str) -> None:
        name, equals, text = word.partition("=")
        option = self._find(name, Error)
        if not equals:
            if option.type is not bool:
                raise Error(f"option {name!r} needs a value: --{name}=VALUE")
            text = "true"
        option.parse(text)

    def _show_help(self, wanted: bool) -> None:
        if wanted:
            self.print_help()
            sys.exit(0)


def _key(name: str) -> str:
    return name.replace("_", "-")


def _calling_file() -> str:
    """Return the file of the nearest caller that is not part of this package."""
    frame = sys._getframe(1)  # noqa: SLF001  documented; `inspect` would read the sources
    while frame.f_code.co_filename.startswith(_PACKAGE) and frame.f_back is not None:
        frame = frame.f_back
    return frame.f_code.co_filename


def _take_from_file(option: Option, value: Any, path: str | os.PathLike[str]) -> None:
    try:
        if isinstance(value, str) and (option.multiple or option.type is not str):
            option.parse(value)
        else:
            option.set(value)
    except Error as error:
        error.add_note(f"in {os.fspath(path)}")
        raise


def _trusted_code(path: Path) -> CodeType:
    with path.open("rb") as file:
        if os.name == "posix" and os.fstat(file.fileno()).st_mode & stat.S_IWOTH:
            raise Error(f"{path} may be written by anybody: its code is not run")
        source = file.read()
    try:
        return compile(source.decode(), os.fspath(path), "exec", dont_inherit=True)
    except SyntaxError as error:
        raise Error(f"{path}, line {error.lineno}: not Python: {error.msg}") from error
    except ValueError as error:
        raise Error(f"{path} must be Python in UTF-8: {error}") from error
