"""A base class whose construction picks the implementation that was configured."""

from __future__ import annotations

from typing import Any, Self, cast

from etesian.core_loop.util.importing import import_object

__all__ = ["Configurable"]


class Configurable:
    """An interface whose constructor makes an instance of the configured implementation.

    A subclass that is an interface says so with `configurable_base` (itself) and
    `configurable_default` (the class to use when nothing was configured). Constructing it
    constructs the configured class; constructing a concrete subclass constructs that
    subclass. Instances set themselves up in `initialize`, never in ``__init__``, because it
    is `initialize` that gets the constructor's arguments.
    """

    def __new__(cls, *args: Any, **kwargs: Any) -> Self:
        """Make an instance of the configured class and `initialize` it."""
        base = cls.configurable_base()
        chosen: type[Any] = cls
        options = kwargs
        if cls is base:
            chosen = cls.configured_class()
            options = {**_choices.get(base, _NO_CHOICE).options, **kwargs}
            if chosen.configurable_base() is not base:
                # The implementation is itself an interface with a choice of its own.
                return cast("Self", chosen(*args, **options))
        # Not `cls`: what is made is a subclass of it.
        instance: Any = object.__new__(chosen)
        instance.initialize(*args, **options)
        return cast("Self", instance)

    @classmethod
    def configurable_base(cls) -> type[Configurable]:
        """Return the interface that this class belongs to; it holds the configuration."""
        raise NotImplementedError(f"{cls.__name__} must define configurable_base()")

    @classmethod
    def configurable_default(cls) -> type[Configurable]:
        """Return the class that is used when `configure` named none."""
        raise NotImplementedError(f"{cls.__name__} must define configurable_default()")

    def initialize(self, *args: Any, **kwargs: Any) -> None:
        """Set the instance up; gets the constructor's arguments."""

    @classmethod
    def configure(cls, impl: type[Configurable] | str | None, **kwargs: Any) -> None:
        """Choose the class that constructing the interface makes from now on.

        `impl` is a subclass of the interface, its dotted name, or None for the default.
        `kwargs` become defaults of the constructor's keyword arguments.

        Raises ValueError when `impl` is not a subclass of the interface, ImportError when
        the dotted name leads nowhere.
        """
        base = cls.configurable_base()
        found = import_object(impl) if isinstance(impl, str) else impl
        if found is not None and not (isinstance(found, type) and issubclass(found, cls)):
            raise ValueError(f"expected a subclass of {cls.__name__}, got {found!r}")
        _choices[base] = _Choice(found, kwargs)

    @classmethod
    def configured_class(cls) -> type[Configurable]:
        """Return the class that constructing the interface makes now."""
        base = cls.configurable_base()
        return _choices.get(base, _NO_CHOICE).implementation or base.configurable_default()


class _Choice:
    """What `configure` was told for one interface."""

    __slots__ = ("implementation", "options")

    def __init__(self, implementation: type[Configurable] | None, options: dict[str, Any]) -> None:
        self.implementation = implementation
        self.options = options


_NO_CHOICE = _Choice(None, {})

# By interface: what `configurable_base` returns.
_choices: dict[type[Configurable], _Choice] = {}
