"""A template, ready to render."""

from __future__ import annotations

from etesian.templates.origin import Origin, decode
from etesian.templates.whitespace_modes import MODES, default_mode

# See the package itself.
TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import AsyncGenerator
    from typing import Any, ClassVar

    from etesian.templates.loader import BaseLoader
    from etesian.templates.nodes import Tree

_UNSET: Any = object()
_UNNAMED = "<string>"


class Template:
    """A template compiled from its text; rendering it is one call of one function.

    ``name`` is what errors call it and what decides about white space; ``loader``
    finds what the template extends and includes. ``autoescape`` is the name of a
    function in the template's namespace (``None`` to escape nothing) and
    ``whitespace`` one of ``all``, ``single``, ``oneline``; where they are not given,
    the loader's hold, or ``xhtml_escape`` and a mode that fits the name.

    ``use_c=False`` escapes in Python even where a library that does it in C is installed
    (see ``escape_library``): the output is the same.

    The text is code: it may do whatever Python can. Never make a template of what
    users send; give that to ``generate`` as values. Where users are to write templates,
    ``restricted=True`` takes a language that reads the given values and calls nothing
    (see the README for what that does not protect from); files that the text extends
    or includes are as free as their loader lets them be.

    Raises:
        ParseError: the text is no template, or what it names cannot be loaded.
        ValueError: ``whitespace`` is no mode, or stands beside ``compress_whitespace``
            (an older name: ``True`` is ``single`` and ``False`` is ``all``).
    """

    functions_take: ClassVar[type[str | bytes]] = str
    """What functions of ``{% apply %}`` and ``{% autoescape %}`` are handed, but those that
    every template has. ``bytes`` is for programs that were written for it; to be chosen
    before the first template is made."""

    def __init__(
        self,
        template_string: str | bytes,
        name: str = _UNNAMED,
        loader: BaseLoader | None = None,
        *,
        autoescape: str | None = _UNSET,
        whitespace: str | None = None,
        compress_whitespace: bool | None = None,
        use_c: bool | None = None,
        restricted: bool = False,
    ) -> None:
        if compress_whitespace is not None:
            if whitespace is not None:
                raise ValueError("whitespace and compress_whitespace exclude each other")
            whitespace = "single" if compress_whitespace else "all"
        from etesian.templates.parser import parse  # noqa: PLC0415 - as in _start()

        if isinstance(template_string, bytes):
            template_string = decode(template_string, name)
        if autoescape is _UNSET:
            autoescape = loader.autoescape if loader else "xhtml_escape"
        mode = whitespace or (loader and loader.whitespace) or default_mode(name)
        if mode not in MODES:
            raise ValueError(f"whitespace mode is {mode!r}, expected one of {sorted(MODES)}")
        filename = "<template>" if name == _UNNAMED else name
        origin = Origin(name, filename, template_string, restricted=restricted)
        if use_c is None:
            use_c = loader.use_c if loader else True
        self._start(parse(origin, autoescape=autoescape, whitespace=mode), loader, use_c=use_c)

    @classmethod
    def from_tree(cls, tree: Tree, loader: BaseLoader | None) -> Template:
        """Give the template of a file that is parsed already."""
        template = cls.__new__(cls)
        use_c = loader.use_c if loader else True
        template._start(tree, loader, use_c=use_c)  # noqa: SLF001 - the other way in
        return template

    def _start(self, tree: Tree, loader: BaseLoader | None, *, use_c: bool) -> None:
        # The compiler takes ten times as long to import as this module: it comes with the first
        # template that there is.
        from etesian.templates.names import NAMES, RESTRICTED_NAMES  # noqa: PLC0415
        from etesian.templates.program import Program  # noqa: PLC0415

        self.name = tree.origin.name
        self._loader = loader
        hands_bytes = self.functions_take is bytes
        self._program = Program(tree, loader, use_c=use_c, hands_bytes=hands_bytes)
        restricted = all(tree.origin.restricted for tree in self._program.trees)
        self._known = RESTRICTED_NAMES if restricted else NAMES

    @property
    def code(self) -> str:
        """The generated Python, to look at: rendering does not use it."""
        import ast  # noqa: PLC0415 - for people only

        return ast.unparse(self._program.syntax_tree())

    @property
    def dependencies(self) -> frozenset[str]:
        """The names of all files that it was made of, its own among them."""
        return frozenset(tree.origin.name for tree in self._program.trees)

    def generate(self, /, **namespace: Any) -> bytes:
        """Render with these names and give the output in UTF-8.

        The loader's namespace lies below them, the names that every template has
        below that. Safe to call from many threads at one time.

        Raises:
            RuntimeError: the template awaits something.
            Exception: whatever the Python in the template raises. The traceback shows
                the template's file, line and text.
        """
        return self._program.render(self._names(namespace)).encode()

    async def generate_async(self, /, **namespace: Any) -> AsyncGenerator[bytes, None]:
        """Render with these names and give the output in parts, in UTF-8.

        Whatever the template awaits is awaited, with what came before it given out
        first. The next part is not begun before the consumer asks for it. Leave the
        iteration early with ``aclosing``, as with every asynchronous generator.
        Any template can be rendered so, awaiting or not.
        """
        from contextlib import aclosing  # noqa: PLC0415 - loaded by now, and not by the import

        async with aclosing(self._program.stream(self._names(namespace))) as parts:
            async for part in parts:
                yield part.encode()

    def _names(self, namespace: dict[str, Any]) -> dict[str, Any]:
        if self._loader is None:
            return {**self._known, **namespace}
        return {**self._known, **self._loader.namespace, **namespace}
