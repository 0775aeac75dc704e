import subprocess
import sys

import pytest

HEAVY = {"ast", "asyncio", "html", "json", "logging", "socket", "ssl"}
# What takes as long to import as all of a loader, or longer, and that no loader needs.
SLOW = HEAVY | {
    "contextlib", "dataclasses", "datetime", "enum", "importlib.metadata", "importlib.resources",
    "inspect", "linecache", "pathlib", "re", "shutil", "tempfile", "tokenize", "traceback",
    "typing", "urllib", "urllib.parse",
}  # fmt: skip


def loaded_after(statement):
    code = (
        f"import sys; before = set(sys.modules); {statement}; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], check=True, capture_output=True, text=True)
    return set(done.stdout.split())


def test_importing_the_interface_loads_no_implementation():
    loaded = loaded_after("import etesian.templates.interface")
    assert {name for name in loaded if name.startswith("etesian.")} == {
        "etesian.templates",
        "etesian.templates.interface",
    }
    assert not loaded & HEAVY


def test_escaping_comes_without_the_compiler():
    loaded = loaded_after("from etesian.templates import xhtml_escape")
    assert "etesian.templates.parser" not in loaded
    assert "ast" not in loaded


@pytest.mark.parametrize(
    "names",
    [
        "etesian.templates import Loader, BaseLoader, Origin, DictLoader, ParseError, Template",
        "etesian.templates.interface import Loader, ParseError",
    ],
)
def test_importing_what_an_application_starts_with_costs_little(names):
    loaded = loaded_after(f"from {names}")
    assert not loaded & SLOW
    own = {name.removeprefix("etesian.templates") for name in loaded if name.startswith("etesian.")}
    assert own <= {
        "", ".dict_loader", ".interface", ".loader", ".origin", ".template", ".whitespace_modes"
    }  # fmt: skip


def test_making_a_loader_costs_no_more():
    loaded = loaded_after("from etesian.templates import Loader; Loader('.', auto_reload=True)")
    assert not loaded & SLOW


def test_rendering_needs_no_loop_no_socket_and_no_modules_for_errors():
    loaded = loaded_after(
        "from etesian.templates import DictLoader;"
        "DictLoader({'a': '{% for x in y %}{{ x }}{% end %}'}).load('a').generate(y='<>')"
    )
    assert "etesian.templates.program" in loaded
    costly = {"dataclasses", "inspect", "linecache", "pathlib", "tokenize", "urllib.parse"}
    assert not loaded & (HEAVY - {"ast"} | costly)


def test_its_doors_lead_to_the_public_names():
    from etesian import templates
    from etesian.templates import interface

    assert interface.Loader is templates.Loader
    assert templates.ParseError is interface.ParseError
    assert interface.api is templates


def test_every_public_name_can_be_had():
    from etesian import templates

    assert all(getattr(templates, name) for name in templates.__all__)
    assert dir(templates) == templates.__all__


def test_other_names_are_an_attribute_error():
    from etesian import templates
    from etesian.templates import interface

    for module in (templates, interface):
        with pytest.raises(AttributeError, match="nope"):
            _ = module.nope
