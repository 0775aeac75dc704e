"""What a derived handler of static files, and the settings, can change."""

import pytest

from etesian.web import StaticFileHandler


@pytest.fixture
def folder(tmp_path):
    root = tmp_path / "root"
    (root / "sub").mkdir(parents=True)
    (root / "sub" / "index.html").write_text("<p>index")
    (tmp_path / "root2").mkdir()
    (tmp_path / "root2" / "file.txt").write_text("sibling")
    StaticFileHandler.reset()
    return root


@pytest.mark.spec("B-WEB-189", "B-WEB-190")
async def test_handlers_may_have_folders_and_arguments_of_their_own(serve, folder):
    class Own(StaticFileHandler):
        def set_extra_headers(self, path):
            self.set_header("X-Path", path)

    site = serve(
        [(r"/other/(.*)", StaticFileHandler, {"path": str(folder.parent / "root2")})],
        static_path=str(folder),
        static_handler_class=Own,
        static_handler_args={"default_filename": "index.html"},
    )
    assert (await site.fetch("/other/file.txt")).text == "sibling"
    answer = await site.fetch("/static/sub/")
    assert (answer.text, answer.headers["X-Path"]) == ("<p>index", "sub/")


@pytest.mark.spec("B-WEB-191", "B-WEB-192")
@pytest.mark.parametrize("pieces", [b"abcdef", [b"abc", b"def"]])
async def test_contents_may_come_from_elsewhere(serve, pieces):
    class Memory(StaticFileHandler):
        @classmethod
        def get_absolute_path(cls, root, path):
            return f"memory:{path}"

        def validate_absolute_path(self, root, absolute_path):
            if absolute_path == "memory:moved":
                self.redirect("/elsewhere")
                return None
            return absolute_path

        @classmethod
        def get_content(cls, abspath, start=None, end=None):
            assert abspath == "memory:x"
            return pieces if isinstance(pieces, bytes) else iter(pieces)

        def get_content_size(self):
            return 6

        def get_modified_time(self):
            return None

    site = serve([(r"/(.*)", Memory, {"path": "nowhere"})])
    answer = await site.fetch("/x")
    assert (answer.status, answer.text) == (200, "abcdef")
    assert "Last-Modified" not in answer.headers
    assert (await site.fetch("/moved")).headers["Location"] == "/elsewhere"
