import pytest

from etesian.web import RequestHandler


class Arguments(RequestHandler):
    def get(self):
        self.write(
            {
                "last": self.get_argument("a"),
                "all": self.get_arguments("a"),
                "query": self.get_query_arguments("a"),
                "body": self.get_body_arguments("a"),
                "absent": self.get_arguments("none"),
                "default": self.get_argument("none", 5),
            }
        )

    post = put = patch = get


async def _post(site, target, body, **headers):
    return (await site.fetch(target, "POST", headers=headers, body=body)).json()


@pytest.mark.spec("B-WEB-044", "B-WEB-046")
async def test_an_argument_is_the_last_value_stripped(serve):
    answer = (await serve(Arguments).fetch("/?a=1&a=+%20two%09")).json()
    assert answer["last"] == "two"
    assert answer["all"] == ["1", "two"]
    assert answer["absent"] == []
    assert answer["default"] == 5


@pytest.mark.spec("B-WEB-048", "B-WEB-049", "B-WEB-054")
@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH"])
async def test_query_and_body_are_apart_and_the_query_comes_first(serve, method):
    answer = (await serve(Arguments).fetch("/?a=q", method, body="a=b&a=")).json()
    assert answer["all"] == ["q", "b", ""]
    assert answer["query"] == ["q"]
    assert answer["body"] == ["b", ""]


@pytest.mark.spec("B-WEB-045")
async def test_a_missing_argument_is_a_400_whose_log_line_names_it(serve, caplog):
    assert (await serve(Arguments).fetch("/")).status == 400
    assert "Missing argument a" in caplog.text


@pytest.mark.spec("B-WEB-047")
async def test_a_strip_that_is_no_bool_is_an_error(serve, caplog):
    class Mistaken(RequestHandler):
        def get(self):
            self.get_arguments("a", "default")

    assert (await serve(Mistaken).fetch("/?a=1")).status == 500
    assert "strip must be a bool" in caplog.text


@pytest.mark.spec("B-WEB-050")
async def test_control_characters_become_spaces(serve):
    class Raw(RequestHandler):
        def get(self):
            self.write({"a": self.get_argument("a", strip=False)})

    assert (await serve(Raw).fetch("/?a=x%00y%1bz%0a%09")).json() == {"a": "x y z\n\t"}


@pytest.mark.spec("B-WEB-051", "B-HTTP-080")
@pytest.mark.parametrize("target", ["/?a=%ff", "/?a=%c0%af"])
async def test_an_argument_that_is_not_utf_8_is_a_400(serve, target, caplog):
    assert (await serve(Arguments).fetch(target)).status == 400
    assert len([r for r in caplog.records if r.name != "etesian.access"]) == 1


@pytest.mark.spec("B-WEB-052")
async def test_the_encoding_of_arguments_and_paths_can_be_chosen(serve):
    class Latin(RequestHandler):
        def decode_argument(self, value, name=None):
            return f"{name}:{value.decode('latin-1')}"

        def get(self, path):
            self.write({"path": path, "a": self.get_argument("a")})

    answer = await serve([(r"/(.*)", Latin)]).fetch("/%e9?a=%e9")
    assert answer.json() == {"path": "None:é", "a": "a:é"}


@pytest.mark.spec("B-WEB-053", "B-WEB-056", "S150")
async def test_a_json_body_is_not_taken_for_arguments(serve):
    class Json(RequestHandler):
        def prepare(self):
            self.kind = self.request.headers.get("Content-Type", "")

        def post(self):
            names = list(self.request.body_arguments)
            self.write({"kind": self.kind, "names": names, "body": self.request.body.decode()})

    site = serve(Json)
    answer = await _post(site, "/", b'{"a": 1}', **{"Content-Type": "application/json"})
    assert answer == {"kind": "application/json", "names": [], "body": '{"a": 1}'}
    assert (await _post(site, "/", b"a=1"))["names"] == []


def _multipart(*parts, boundary="BB"):
    pieces = []
    for head, content in parts:
        pieces.append(
            f"--{boundary}\r\nContent-Disposition: form-data; {head}\r\n\r\n{content}\r\n"
        )
    return ("".join(pieces) + f"--{boundary}--\r\n").encode()


class Files(RequestHandler):
    def post(self):
        files = self.request.files.get("f", [])
        self.write(
            {
                "a": self.get_body_arguments("a"),
                "files": [[f["filename"], f.body.decode(), f.content_type] for f in files],
            }
        )


MULTIPART = {"Content-Type": "multipart/form-data; boundary=BB"}


@pytest.mark.spec("B-WEB-055")
async def test_files_are_apart_from_arguments(serve):
    body = _multipart(
        ('name="a"', "1"),
        ('name="f"; filename="x.txt"\r\nContent-Type: text/plain', "content"),
        ('name="f"; filename="y"', "2"),
    )
    answer = await _post(serve(Files), "/", body, **MULTIPART)
    assert answer["a"] == ["1"]
    assert answer["files"][0] == ["x.txt", "content", "text/plain"]
    assert answer["files"][1][:2] == ["y", "2"]


@pytest.mark.spec("B-HTTP-066")  # as decided: 400 with one line in the log
@pytest.mark.spec("S135", "S136", "S139", "S143", "S145")
@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (MULTIPART, _multipart(*[('name="a"', "")] * 1001)),
        (MULTIPART, b"--BB\r\nno disposition\r\n\r\nx\r\n" * 50 + b"--BB--\r\n"),
        (MULTIPART, _multipart(('name="a"' + "\r\nX-H: 1" * 50, ""))),
        ({"Content-Type": "application/x-www-form-urlencoded"}, b"a&" * 100_000),
        ({"Content-Type": "multipart/form-data; boundary=" + "b" * 1000}, b"--b"),
        ({"Content-Type": "multipart/form-data"}, b"--b"),
    ],
    ids=["parts", "malformed", "part headers", "fields", "long boundary", "no boundary"],
)
async def test_a_hostile_form_is_a_clean_error_with_one_log_line(serve, caplog, headers, body):
    site = serve(Files)
    answer = await site.fetch("/", "POST", headers=headers, body=body)
    assert answer.status in (400, 413)
    assert len([r for r in caplog.records if r.name != "etesian.access"]) == 1
    good = _multipart(('name="a"', "1"))
    assert (await _post(site, "/", good, **MULTIPART))["a"] == ["1"]


@pytest.mark.spec("S149")
async def test_only_the_ampersand_separates_arguments(serve):
    answer = (await serve(Arguments).fetch("/?a=1;a=2")).json()
    assert answer["all"] == ["1;a=2"]


@pytest.mark.spec("S148")
async def test_a_field_named_charset_changes_nothing(serve):
    answer = (await serve(Arguments).fetch("/", "POST", body="_charset_=utf-16&a=%C3%A9")).json()
    assert answer["last"] == "é"
