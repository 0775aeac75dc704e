import mimetypes

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etesian.web.static_files.media_type import guessed_type, media_type


@pytest.mark.spec("B-WEB-172")
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/a/style.css", "text/css"),
        ("/a/page.HTML", "text/html"),
        ("/a/archive.tar.gz", "application/gzip"),
        ("/a/archive.tgz", "application/gzip"),
        ("/a.css/none", "application/octet-stream"),
        ("/a/none.unknown", "application/octet-stream"),
    ],
)
def test_the_name_tells_the_type(path, expected):
    assert media_type(path) == expected


_PARTS = st.sampled_from(["/", ".", ".css", ".CSS", ".gz", ".tgz", ".svgz", "a", ".html", ".x"])


@given(st.lists(_PARTS))
@example([".", ".css"])
@example(["a", ".", ".css"])
def test_the_short_way_to_a_type_gives_what_the_long_one_gives(parts):
    path = "/" + "".join(parts)
    assert guessed_type(path) == mimetypes.guess_type(path)


def test_a_type_that_is_added_later_counts_at_once(monkeypatch):
    monkeypatch.setattr(mimetypes, "types_map", dict(mimetypes.types_map))
    assert guessed_type("/a.unheard") == (None, None)
    mimetypes.types_map[".unheard"] = "text/x-unheard"
    assert guessed_type("/a.unheard") == ("text/x-unheard", None)
