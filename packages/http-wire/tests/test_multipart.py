"""multipart/form-data, whole and in pieces."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.http_wire import (
    HTTPHeaders,
    HTTPInputError,
    MultipartLimits,
    MultipartParser,
    PartBegin,
    PartData,
    parse_body_arguments,
    parse_multipart_form_data,
)


def part(disposition, body, *headers):
    lines = [f"Content-Disposition: form-data; {disposition}".encode(), *headers, b"", body]
    return b"\r\n".join(lines)


def form(*parts, boundary=b"1234"):
    return b"".join(b"--%b\r\n%b\r\n" % (boundary, one) for one in parts) + b"--%b--\r\n" % boundary


TWO = form(
    part('name="a"', b"1"), part('name="f"; filename="x.txt"', b"file", b"Content-Type: text/plain")
)


def parse(data, boundary=b"1234", limits=None):
    arguments, files = {}, {}
    parse_multipart_form_data(boundary, data, arguments, files, *([limits] if limits else []))
    return arguments, files


@pytest.mark.spec("B-HTTP-068")
@pytest.mark.spec("B-HTTP-070")
@pytest.mark.parametrize("boundary", [b"1234", b'"1234"'])
def test_fields_and_files_are_told_apart(boundary):
    arguments, files = parse(TWO, boundary)
    assert arguments == {"a": [b"1"]}
    (file,) = files["f"]
    assert (file.filename, file.body, file.content_type) == ("x.txt", b"file", "text/plain")
    assert dict(file) == {"filename": "x.txt", "body": b"file", "content_type": "text/plain"}
    with pytest.raises(KeyError):
        file["other"]


@pytest.mark.spec("B-HTTP-069")
@pytest.mark.parametrize(
    ("written", "read"),
    [
        ('"a;b.txt"', "a;b.txt"),
        ('"a\\"b.txt"', 'a"b.txt'),
        ('"a\'b=c&d.txt"', "a'b=c&d.txt"),
        ('"\u00e9\u20ac.txt"', "\u00e9\u20ac.txt"),
        ("plain.txt", "plain.txt"),
        ('""', ""),
    ],
)
def test_file_names_with_special_characters(written, read):
    data = form(
        b'Content-Disposition: form-data; name="f"; filename=%b\r\n\r\nx' % written.encode()
    )
    assert parse(data)[1]["f"][0].filename == read


@pytest.mark.spec("S146")
@pytest.mark.parametrize(
    ("raw", "base"),
    [
        ("../../x", "x"),
        ("/etc/passwd", "passwd"),
        ("C:\\\\dir\\\\x", "x"),
        ("a/..", ""),
        (".", ""),
        ("a/", ""),
        (".profile", ".profile"),
        ("NUL", "NUL"),
    ],
)
def test_a_file_name_has_no_folders(raw, base):
    data = form(part(f'name="f"; filename="{raw}"', b"x"))
    (file,) = parse(data)[1]["f"]
    assert (file.filename, file.raw_filename) == (base, raw.replace("\\\\", "\\"))


@pytest.mark.spec("S146")
@pytest.mark.parametrize("encoded", ["a%00", "%0d%0a", "%1b[m", "%7f"])
@pytest.mark.parametrize("parameter", ["filename", "name"])
def test_a_name_without_control_characters(parameter, encoded):
    given = f'name="f"; {parameter}' if parameter == "filename" else "name"
    with pytest.raises(HTTPInputError, match="control character"):
        parse(form(part(f"{given}*=UTF-8''{encoded}", b"x")))


@pytest.mark.spec("B-HTTP-067")
def test_what_follows_the_last_boundary_is_ignored():
    assert parse(TWO + b"\r\ntrailing --1234\r\n")[0] == {"a": [b"1"]}
    assert parse(b"preamble\r\n" + TWO)[0] == {"a": [b"1"]}


def test_parts_keep_line_ends_and_near_boundaries():
    body = b"\r\n--123\r\n--1235\r\n\r\n-"
    assert parse(form(part('name="a"', body)))[0] == {"a": [body]}
    assert parse(form(part('name="a"', b"")))[0] == {"a": [b""]}


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no boundary at all",
        TWO[:-4],
        TWO.replace(b"--1234--", b"--1234xx"),
        form(b"Content-Disposition: form-data\r\n\r\nx"),
        form(b'Content-Disposition: attachment; name="a"\r\n\r\nx'),
        form(b"X: y\r\n\r\nx"),
        form(b"\r\nx"),
        form(b"no colon\r\n\r\nx"),
        form(part('name="a"', b"x", b"Content-Type: multipart/mixed; boundary=b")),
        pytest.param(
            form(part('name="a"', b"x", b"X: a\rY: b")), marks=pytest.mark.spec("S140"), id="cr"
        ),
        form(part('name="a"', b"x", b"X: a\0")),
        form(part('name="a"', b"x", b"X: a", b" folded")),
    ],
)
def test_a_malformed_body_is_refused_whole(data):
    arguments, files = {}, {}
    with pytest.raises(HTTPInputError) as error:
        parse_multipart_form_data(b"1234", data, arguments, files)
    assert error.value.status_code == 400
    assert (arguments, files) == ({}, {})


@pytest.mark.spec("S145")
@pytest.mark.parametrize("boundary", [b"", b'""', b"x" * 257, b"a\r\nb", b"a\0", b"ends "])
def test_an_impossible_boundary_is_refused(boundary):
    with pytest.raises(HTTPInputError):
        parse(TWO, boundary)


@pytest.mark.parametrize(
    ("data", "status"),
    [
        pytest.param(form(*[part('name="a"', b"")] * 101), 413, marks=pytest.mark.spec("S135")),
        pytest.param(b"x" * 70_000 + TWO, 400, marks=pytest.mark.spec("S138")),
        pytest.param(
            form(part('name="a"', b"", *[b"X: y"] * 17)), 413, marks=pytest.mark.spec("S139")
        ),
        pytest.param(
            form(part('name="a"', b"", b"X: " + b"y" * 9000)), 413, marks=pytest.mark.spec("S139")
        ),
        pytest.param(
            form(part('name="a"', b"x" * (2**20 + 1))), 413, marks=pytest.mark.spec("S142")
        ),
    ],
    ids=["parts", "preamble", "header-count", "header-size", "field"],
)
def test_limits_are_enforced(data, status):
    with pytest.raises(HTTPInputError) as error:
        parse(data)
    assert error.value.status_code == status


def test_limits_can_be_chosen():
    assert (
        len(
            parse(form(*[part('name="a"', b"")] * 101), limits=MultipartLimits(max_parts=101))[0][
                "a"
            ]
        )
        == 101
    )


@pytest.mark.spec("S136")
@pytest.mark.spec("S093")
def test_the_first_bad_part_ends_the_parsing(caplog):
    with pytest.raises(HTTPInputError):
        parse(form(*[b"bad\r\n\r\n"] * 1000))
    assert caplog.records == []


@given(st.lists(st.integers(1, 40), max_size=60), st.binary(max_size=80))
def test_the_cut_of_the_bytes_never_shows(sizes, tail):
    data = form(part('name="a"', b"\r\n-" + tail), part('name="f"; filename="x"', tail + b"\r"))
    if b"--1234" in tail:
        return

    def events(pieces):
        parser = MultipartParser(b"1234")
        found, body = [], b""
        for piece in pieces:
            for event in parser.feed(piece):
                if isinstance(event, PartData):
                    body += event.data
                else:
                    found += [body, event]
                    body = b""
        parser.close()
        return found

    pieces, rest = [], data
    for size in sizes:
        pieces.append(rest[:size])
        rest = rest[size:]
    assert events([*pieces, rest]) == events([data])


def test_a_file_arrives_while_it_is_sent():
    parser = MultipartParser(b"b")
    head = b'--b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n'
    assert list(parser.feed(head)) == [PartBegin("f", "x", "application/unknown")]
    received = sum(len(event.data) for _ in range(100) for event in parser.feed(b"x" * 65536))
    assert received > 99 * 65536


@pytest.mark.spec("S137")
@pytest.mark.parametrize("unit", [b"\r\n", b"\r\n--", b"\r\n--1", b"-", b"\r"])
def test_the_search_for_the_boundary_is_linear(unit):
    def seconds(count):
        parser = MultipartParser(b"1" * 70)
        head = b'--%b\r\nContent-Disposition: form-data; name="f"; filename="x"\r\n\r\n' % (
            b"1" * 70
        )
        started = time.process_time()
        for piece in (head, *[unit * 1000] * count):
            for _ in parser.feed(piece):
                pass
        return time.process_time() - started

    assert min(seconds(200) for _ in range(3)) < min(seconds(50) for _ in range(3)) * 4 * 2 + 0.01


@pytest.mark.spec("B-HTTP-095")
@pytest.mark.parametrize(
    "kind", ["text/plain", "", "application/json", "multipart/mixed; boundary=1234"]
)
def test_unknown_types_are_left_alone(kind):
    arguments, files = {}, {}
    parse_body_arguments(kind, TWO, arguments, files)
    assert (arguments, files) == ({}, {})


@pytest.mark.spec("B-HTTP-068")
@pytest.mark.parametrize(
    "kind", ['multipart/form-data; boundary="1234"', "Multipart/Form-Data; BOUNDARY=1234"]
)
def test_the_boundary_comes_from_the_content_type(kind):
    arguments, files = {}, {}
    parse_body_arguments(kind, TWO, arguments, files)
    assert arguments == {"a": [b"1"]}
    with pytest.raises(HTTPInputError):
        parse_body_arguments("multipart/form-data", TWO, arguments, files)


def test_a_body_still_encoded_is_left_alone_with_a_line_in_the_log(caplog):
    arguments, files = {}, {}
    headers = HTTPHeaders({"Content-Encoding": "gzip"})
    kind = "application/x-www-form-urlencoded"
    parse_body_arguments(kind, b"a=b", arguments, files, headers)
    assert arguments == {}
    assert [record.name for record in caplog.records] == ["etesian.general"]


@pytest.mark.spec("S148")
def test_a_charset_field_is_a_field():
    data = form(part('name="_charset_"', b"utf-7"), part('name="a"', b"+AGE-"))
    assert parse(data)[0] == {"_charset_": [b"utf-7"], "a": [b"+AGE-"]}
