from __future__ import annotations

INSTALL = "import etesian.tornado; etesian.tornado.install();"


def test_both_names_mean_one_module(python):
    python(
        INSTALL
        + """
import sys
import tornado, tornado.web, tornado.platform.asyncio
from tornado import gen
import etesian.tornado.gen, etesian.tornado.web
assert tornado is etesian.tornado
assert tornado.web is etesian.tornado.web is sys.modules["tornado.web"]
assert gen is etesian.tornado.gen
assert tornado.platform.asyncio is sys.modules["etesian.tornado.platform.asyncio"]
assert tornado.web.__name__ == tornado.web.__spec__.name == "etesian.tornado.web"
"""
    )


def test_an_installed_tornado_is_not_seen(python):
    # Where the real one is installed too, this tells them apart; where not, it still holds.
    python(INSTALL + "import tornado.ioloop; assert 'etesian' in tornado.ioloop.__file__")


def test_installing_twice_is_installing_once(python):
    python(
        INSTALL
        + INSTALL
        + """
import sys
assert [type(finder).__name__ for finder in sys.meta_path].count("TornadoFinder") == 1
"""
    )


def test_another_tornado_that_was_imported_before_is_an_error(python):
    python(
        """
import sys, types
sys.modules["tornado"] = types.ModuleType("tornado")
import etesian.tornado
try:
    etesian.tornado.install()
except RuntimeError as error:
    assert "already imported" in str(error)
else:
    raise AssertionError
"""
    )


def test_a_module_that_does_not_exist_is_named(python):
    python(
        INSTALL
        + """
try:
    import tornado.database
except ModuleNotFoundError as error:
    assert error.name == "tornado.database"
    assert "'tornado.database': etesian-tornado does not have it" in str(error)
else:
    raise AssertionError
"""
    )


def test_other_imports_are_left_alone(python):
    python(INSTALL + "import json.tool; assert json.tool.__spec__.name == 'json.tool'")


def test_importing_the_modules_chooses_nothing_for_the_process(python):
    code = """
from etesian.core_loop import IOLoop
from etesian.http_wire import AsyncHTTPClient
def chosen():
    return [interface.configured_class().__module__ for interface in (IOLoop, AsyncHTTPClient)]
before = chosen()
import etesian.tornado.web, etesian.tornado.httpclient, etesian.tornado.testing
assert chosen() == before
etesian.tornado.install()
assert chosen() == ["etesian.tornado.ioloop", "etesian.tornado.httpclient"]
"""
    python(code)


def test_functions_that_templates_name_are_handed_bytes(python):
    python(
        INSTALL
        + """
from tornado.template import DictLoader, Template
def shout(output):
    assert isinstance(output, bytes)
    return output.decode().upper()
page = Template("{% apply shout %}a{{ x }}{% end %} {% apply squeeze %}a  b{% end %}")
assert page.generate(shout=shout, x="<") == b"A&LT; a b"
loader = DictLoader({"a": "{{ x }}"}, autoescape="shout", namespace={"shout": shout})
assert loader.load("a").generate(x="b") == b"B"
"""
    )
