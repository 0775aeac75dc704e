import os
import subprocess
import sys
import threading
import zipfile

import pytest

from etesian.templates import (
    BaseLoader,
    DictLoader,
    Loader,
    Origin,
    PackageLoader,
    ParseError,
    Template,
)


@pytest.mark.spec("B-TPL-031")
def test_a_template_is_compiled_once_until_reset(tmp_path):
    page = tmp_path / "page.txt"
    page.write_text("one")
    loader = Loader(tmp_path)
    first = loader.load("page.txt")
    page.write_text("two")
    assert loader.load("page.txt") is first
    loader.reset()
    assert loader.load("page.txt").generate() == b"two"


def test_auto_reload_sees_changes_of_every_file_a_page_is_made_of(tmp_path):
    for name, text in {
        "base": "<{% block x %}{% end %}>",
        "part": "1",
        "other": "o",
        "page": "{% extends base %}{% block x %}{% include part %}{% end %}",
    }.items():
        (tmp_path / name).write_text(text)
    loader = Loader(tmp_path, auto_reload=True)
    assert loader.load("page").generate() == b"<1>"
    other = loader.load("other")
    (tmp_path / "part").write_text("two")
    assert loader.load("page").generate() == b"<two>"
    assert loader.load("other") is other
    (tmp_path / "base").unlink()
    with pytest.raises(ParseError, match="base"):
        loader.load("page")


def test_auto_reload_sees_another_size_at_the_same_time(tmp_path):
    page = tmp_path / "page"
    loader = Loader(tmp_path, auto_reload=True)
    for text in ("one", "three"):
        page.write_text(text)
        os.utime(page, ns=(10**18, 10**18))
        assert loader.load("page").generate() == text.encode()


def test_auto_reload_gets_over_a_template_that_did_not_compile(tmp_path):
    page = tmp_path / "page"
    loader = Loader(tmp_path, auto_reload=True)
    for text in ("{% bad", "{% include part %}"):
        page.write_text(text)
        with pytest.raises(ParseError):
            loader.load("page")
    (tmp_path / "part").write_text("part")
    assert loader.load("page").generate() == b"part"


def test_threads_may_load_while_files_change(tmp_path):
    for i in range(4):
        (tmp_path / f"{i}").write_text(f"{{% extends base %}}{{% block b %}}{i}{{% end %}}")
    base = "{% block b %}{% end %}"
    (tmp_path / "base").write_text(f"<{base}>")
    loader = Loader(tmp_path, auto_reload=True)
    ended = threading.Event()
    wrong = []

    def load(i):
        while not ended.is_set():
            output = loader.load(f"{i}").generate()
            if output not in {f"<{i}>".encode(), f"[{i}]".encode()}:
                wrong.append(output)

    threads = [threading.Thread(target=load, args=(i % 4,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for i in range(60):
        (tmp_path / "new").write_text(f"[{base}]" if i % 2 else f"<{base}>")
        (tmp_path / "new").replace(tmp_path / "base")
        if i % 7 == 0:
            loader.reset()
    ended.set()
    for thread in threads:
        thread.join()
    assert wrong == []


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs a named pipe")
def test_what_is_no_file_is_not_waited_for(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "circle").symlink_to("circle")
    for name in ("pipe", "circle"):
        with pytest.raises(FileNotFoundError):
            Loader(tmp_path).load(name)


def test_auto_reload_works_for_a_mapping():
    texts = {"a": "1"}
    loader = DictLoader(texts, auto_reload=True)
    assert loader.load("a").generate() == b"1"
    texts["a"] = "2"
    assert loader.load("a").generate() == b"2"


@pytest.mark.spec("B-TPL-032")
def test_templates_come_from_a_mapping(render_files):
    assert render_files({"b": "B", "a": "{% include b %}"}) == "B"
    with pytest.raises(FileNotFoundError, match="nope"):
        DictLoader({}).load("nope")


def test_a_loader_without_a_source_says_so():
    class Memory(BaseLoader):
        def get_origin(self, name):
            return Origin(name, name, "{{ x }}") if name == "a" else super().get_origin(name)

    loader = Memory(auto_reload=True)
    assert loader.load("a") is loader.load("a")
    with pytest.raises(NotImplementedError, match="b"):
        loader.load("b")


@pytest.mark.spec("B-TPL-033", "B-TPL-034")
def test_files_are_utf_8_whatever_the_environment_says(tmp_path):
    (tmp_path / "é世.html").write_bytes("{{ x }}é世".encode())
    code = (
        "import sys; from etesian.templates import Loader; loader = Loader(sys.argv[1]);"
        "sys.stdout.buffer.write(loader.load('\\u00e9\\u4e16.html').generate(x='\\u00fc'))"
    )

    environment = {
        **os.environ,
        "LC_ALL": "C",
        "LANG": "C",
        "PYTHONUTF8": "0",
        "PYTHONCOERCECLOCALE": "0",
    }
    if sys.getfilesystemencoding() == "utf-8":
        environment |= {"LC_ALL": "C.UTF-8", "PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [sys.executable, "-c", code, str(tmp_path)],
        env=environment,
        capture_output=True,
        check=True,
    )
    assert done.stdout == "üé世".encode()


def test_a_file_in_another_encoding_is_an_error_with_its_line(tmp_path):
    (tmp_path / "a.html").write_bytes(b"\n\n\xe9")
    with pytest.raises(ParseError, match="UTF-8") as caught:
        Loader(tmp_path).load("a.html")
    assert caught.value.lineno == 3


@pytest.mark.spec("B-TPL-035")
def test_the_loaders_namespace_lies_below_the_callers():
    loader = DictLoader(
        {"a": "{{ x }}{{ y }}{{ squeeze }}"}, namespace={"x": 1, "y": 2, "squeeze": 3}
    )
    assert loader.load("a").generate(y=5) == b"153"
    loader.namespace["x"] = 7
    assert loader.load("a").generate() == b"723"


@pytest.mark.spec("B-TPL-005")
def test_options_of_a_loader_hold_for_its_templates():
    loader = DictLoader({"a.html": "{{ x }}  \n y"}, autoescape=None, whitespace="oneline")
    assert loader.load("a.html").generate(x="<") == b"< y"
    assert Template("{{ x }}  y", loader=loader).generate(x="<") == b"< y"
    assert (
        Template("{{ x }}  y", loader=loader, autoescape="xhtml_escape").generate(x="<")
        == b"&lt; y"
    )


@pytest.mark.spec("B-TPL-047")
def test_an_unknown_whitespace_mode_is_an_error():
    with pytest.raises(ValueError, match="nope"):
        DictLoader({}, whitespace="nope")
    with pytest.raises(ValueError, match="nope"):
        Template("", whitespace="nope")


@pytest.mark.spec("S196")
def test_nothing_compiled_is_kept_on_disk(tmp_path):
    (tmp_path / "a.html").write_text("{{ x }}")
    work = tmp_path / "work"
    work.mkdir()
    code = "import sys; from etesian.templates import Loader; Loader(sys.argv[1]).load('a.html')"
    environment = {**os.environ, "TMPDIR": str(work), "HOME": str(work)}
    subprocess.run(
        [sys.executable, "-B", "-c", code, str(tmp_path)], cwd=work, env=environment, check=True
    )
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["a.html", "work"]


ESCAPES = [
    "../secret",
    "/etc/passwd",
    "a/../../secret",
    "..",
    ".",
    "",
    "sub/../../secret",
    "a\0b",
    "..\\secret",
    "C:secret",
    "//etc/passwd",
    "./../secret",
]


@pytest.mark.spec("S195")
@pytest.mark.parametrize("name", ESCAPES)
def test_no_name_leaves_the_root(tmp_path, name):
    root = tmp_path / "templates"
    (root / "sub").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    loader = Loader(root)
    with pytest.raises((FileNotFoundError, IsADirectoryError)):
        loader.load(name)
    for kind in ("include", "extends"):
        (root / "sub" / "page").write_text(
            f"{{% {kind} '../{name}' %}}" if name else "{% include '' %}"
        )
        loader.reset()
        with pytest.raises(ParseError):
            loader.load("sub/page")


def test_an_absolute_path_inside_the_root_is_a_name(tmp_path):
    (tmp_path / "a").write_text("a")
    assert Loader(tmp_path).load(str(tmp_path / "a")).generate() == b"a"


def test_names_that_mean_the_same_are_one_template():
    loader = DictLoader({"sub/a": "{% include ./b %}", "sub/b": "b"})
    assert loader.load("sub/./a") is loader.load("sub/../sub/a") is loader.load("a", "sub/b")
    assert loader.load("sub/a").dependencies == {"sub/a", "sub/b"}


def test_templates_come_out_of_a_package(tmp_path, monkeypatch):
    folder = tmp_path / "some_package_with_templates" / "templates" / "sub"
    folder.mkdir(parents=True)
    (folder.parent.parent / "__init__.py").write_text("")
    (folder / "a.html").write_text("{% include 'b.html' %}")
    (folder / "b.html").write_text("b{{ x }}")
    monkeypatch.syspath_prepend(tmp_path)
    loader = PackageLoader("some_package_with_templates")
    assert loader.load("sub/a.html").generate(x=1) == b"b1"
    for name in ("nope", "../__init__.py", "sub"):
        with pytest.raises(FileNotFoundError):
            loader.load(name)


def test_a_package_may_be_zipped(tmp_path, monkeypatch):
    archive = tmp_path / "packages.zip"
    with zipfile.ZipFile(archive, "w") as file:
        file.writestr("zipped_with_templates/__init__.py", "")
        file.writestr("zipped_with_templates/templates/sub/a.html", "{% include 'b.html' %}")
        file.writestr("zipped_with_templates/templates/sub/b.html", "b{{ x }}")
    monkeypatch.syspath_prepend(archive)
    loader = PackageLoader("zipped_with_templates", auto_reload=True)
    template = loader.load("sub/a.html")
    assert template.generate(x=1) == b"b1"
    assert loader.load("sub/a.html") is template
    for name in ("nope", "../__init__.py", "sub"):
        with pytest.raises(FileNotFoundError):
            loader.load(name)


def test_auto_reload_sees_changes_in_a_package_that_is_a_folder(tmp_path, monkeypatch):
    folder = tmp_path / "changing_package" / "templates"
    folder.mkdir(parents=True)
    (tmp_path / "changing_package" / "__init__.py").touch()
    (folder / "a.html").write_text("one")
    monkeypatch.syspath_prepend(tmp_path)
    loader = PackageLoader("changing_package", auto_reload=True)
    assert loader.load("a.html").generate() == b"one"
    (folder / "a.html").write_text("another")
    assert loader.load("a.html").generate() == b"another"
    (folder / "a.html").unlink()
    with pytest.raises(FileNotFoundError):
        loader.load("a.html")


def test_a_mapping_may_hold_bytes():
    loader = DictLoader({"a": "{% include b %}", "b": "\ufeffé".encode(), "c": b"\n\xff"})
    assert loader.load("a").generate() == "é".encode()
    with pytest.raises(ParseError, match=r"not UTF-8 .* at c:2"):
        loader.load("c")


def test_names_that_are_no_templates_take_no_memory(tmp_path):
    (tmp_path / "broken").write_text("{{")
    loader = Loader(tmp_path)

    for name in ["broken", *map(str, range(100))]:
        with pytest.raises((FileNotFoundError, ParseError)):
            loader.load(name)
    assert sum(len(value) for value in vars(loader).values() if isinstance(value, dict)) == 0


def test_threads_that_load_at_once_get_the_same_template(monkeypatch):
    compiled = []
    from_tree = Template.from_tree

    def count(*args):
        compiled.append(1)
        return from_tree(*args)

    monkeypatch.setattr(Template, "from_tree", count)
    loader = DictLoader({"a": "{% include b %}{{ x }}" * 200, "b": "b"})
    barrier = threading.Barrier(8)
    loaded = []

    def load():
        barrier.wait()
        loaded.append(loader.load("a"))

    threads = [threading.Thread(target=load) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(set(map(id, loaded))) == 1
    assert len(loaded) == 8
    assert len(compiled) == 1
