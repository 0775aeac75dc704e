import subprocess
import sys

import pytest

HEAVY = {"ast", "asyncio", "html", "json", "logging", "socket", "ssl"}


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


def test_templates_need_no_loop_and_no_socket():
    loaded = loaded_after("from etesian.templates import Loader")
    assert not loaded & {"asyncio", "html", "json", "logging", "socket", "ssl"}


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
