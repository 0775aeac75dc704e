import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etesian.web import RequestHandler
from etesian.web.xsrf import XSRFToken, decode_xsrf_token, encode_xsrf_token, new_xsrf_token

METHODS = ["POST", "PUT", "PATCH", "DELETE"]


class Form(RequestHandler):
    user = None

    def get_current_user(self):
        return self.user

    def get(self):
        self.write(self.xsrf_form_html())

    def post(self):
        self.write("done")

    put = patch = delete = post

    def head(self):
        pass

    options = head


class Member(Form):
    user = "ada"


def _field(page):
    return re.search(r'name="_xsrf" value="([^"]+)"', page.text)[1]


async def _visit(site):
    """Give the cookie header and the form field of a first visit."""
    page = await site.fetch("/")
    return "_xsrf=" + page.cookies()["_xsrf"], _field(page)


def _serve(serve, handler=Form, **settings):
    return serve(handler, xsrf_cookies=True, **settings)


@pytest.mark.spec("B-WEB-132", "S168")
@pytest.mark.parametrize("method", METHODS)
async def test_a_request_without_the_token_is_refused(serve, method):
    site = _serve(serve)
    assert (await site.fetch("/", method, body="a=1")).status == 403
    cookie, token = await _visit(site)
    assert (await site.fetch("/", method, headers={"Cookie": cookie}, body="a=1")).status == 403
    assert (await site.fetch("/", method, body=f"_xsrf={token}")).status == 403


@pytest.mark.spec("B-WEB-133")
@pytest.mark.parametrize("method", ["GET", "HEAD", "OPTIONS"])
async def test_safe_methods_need_no_token(serve, method):
    assert (await _serve(serve).fetch("/", method)).status == 200


@pytest.mark.spec("B-WEB-134", "B-WEB-137")
@pytest.mark.parametrize("where", ["body", "query", "X-XSRFToken", "X-CSRFToken"])
async def test_the_token_is_taken_from_the_argument_or_a_header(serve, where):
    site = _serve(serve)
    cookie, token = await _visit(site)
    headers = {"Cookie": cookie}
    target, body = "/", "a=1"
    if where == "body":
        body = f"_xsrf={token}"
    elif where == "query":
        target = f"/?_xsrf={token}"
    else:
        headers[where] = token
    assert (await site.fetch(target, "POST", headers=headers, body=body)).text == "done"


@pytest.mark.spec("B-WEB-137", "B-WEB-138", "S157")
async def test_the_token_looks_different_each_time_and_its_cookie_is_set_once(serve):
    site = _serve(serve)
    cookie, first = await _visit(site)
    again = await site.fetch("/", headers={"Cookie": cookie})
    assert "Set-Cookie" not in again.headers
    second = _field(again)
    assert first != second
    assert decode_xsrf_token(first).token == decode_xsrf_token(second).token


@pytest.mark.spec("B-WEB-135", "S168")
async def test_a_token_of_somebody_else_is_a_403_that_says_so_in_the_log(serve, caplog):
    site = _serve(serve)
    cookie, _ = await _visit(site)
    _, other = await _visit(site)
    answer = await site.fetch("/", "POST", headers={"Cookie": cookie}, body=f"_xsrf={other}")
    assert answer.status == 403
    assert "does not match" in caplog.text


@pytest.mark.spec("B-WEB-136")
async def test_x_requested_with_proves_nothing(serve):
    headers = {"X-Requested-With": "XMLHttpRequest"}
    assert (await _serve(serve).fetch("/", "POST", headers=headers, body="a=1")).status == 403


@pytest.mark.spec("B-WEB-139")
async def test_the_old_format_can_be_kept_and_is_else_replaced(serve):
    site = _serve(serve, xsrf_cookie_version=1)
    cookie, token = await _visit(site)
    assert re.fullmatch(r"[0-9a-f]{32}", token)
    headers = {"Cookie": cookie}
    assert (await site.fetch("/", "POST", headers=headers, body=f"_xsrf={token}")).text == "done"
    newer = await _serve(serve).fetch("/", headers=headers)
    assert newer.cookies()["_xsrf"].startswith("2|")
    assert decode_xsrf_token(_field(newer)).token.hex() == token


@pytest.mark.spec("B-WEB-140")
async def test_a_client_may_make_up_a_token_of_its_own(serve):
    headers = {"Cookie": "_xsrf=any words", "X-XSRFToken": "any words"}
    assert (await _serve(serve).fetch("/", "POST", headers=headers, body="")).text == "done"


@pytest.mark.spec("B-WEB-141", "S168")
@pytest.mark.parametrize(
    "text", ["2|", "2|x|y|z", "2|00000000|00|\u0661", "2|" + "0" * 9000, "\xff\xfe", "2|0000|00|1"]
)
async def test_a_malformed_token_is_a_403_and_a_malformed_cookie_is_replaced(serve, text):
    site = _serve(serve)
    text = text.encode().decode("latin-1")
    refused = await site.fetch(
        "/", "POST", headers={"Cookie": f"_xsrf={text}", "X-XSRFToken": "x"}, body=""
    )
    assert refused.status == 403
    cookie, _ = await _visit(site)
    refused = await site.fetch(
        "/", "POST", headers={"Cookie": cookie, "X-XSRFToken": text}, body=""
    )
    assert refused.status == 403


@pytest.mark.spec("B-WEB-142", "B-WEB-143", "S169")
async def test_the_cookie_lasts_a_session_or_thirty_days_with_the_attributes_of_the_setting(serve):
    header = (await _serve(serve).fetch("/")).headers["Set-Cookie"]
    assert "Expires" not in header
    assert "Expires" in (await _serve(serve, Member).fetch("/")).headers["Set-Cookie"]
    site = _serve(
        serve,
        xsrf_cookie_name="__Host-xsrf",
        xsrf_cookie_kwargs={"secure": True, "samesite": "Strict"},
    )
    header = (await site.fetch("/")).headers["Set-Cookie"]
    assert header.startswith("__Host-xsrf=2|")
    assert header.endswith("; Path=/; Secure; SameSite=Strict")


@pytest.mark.spec("S169")
async def test_what_a_browser_says_comes_from_another_site_is_refused(serve):
    site = _serve(serve)
    cookie, token = await _visit(site)
    headers = {"Cookie": cookie, "X-XSRFToken": token, "Sec-Fetch-Site": "cross-site"}
    assert (await site.fetch("/", "POST", headers=headers, body="")).status == 403
    headers["Sec-Fetch-Site"] = "same-origin"
    assert (await site.fetch("/", "POST", headers=headers, body="")).status == 200


@pytest.mark.spec("B-WEB-144", "B-WEB-106")
async def test_a_handler_may_skip_the_check_and_error_pages_do(serve):
    class Hook(Form):
        def check_xsrf_cookie(self):
            pass

    site = serve([("/hook", Hook)], xsrf_cookies=True)
    assert (await site.fetch("/hook", "POST", body="")).text == "done"
    assert (await site.fetch("/nowhere", "POST", body="")).status == 404


@pytest.mark.spec("B-WEB-145")
async def test_the_form_field_is_hidden_and_escaped(serve):
    page = await _serve(serve, xsrf_cookie_version=1).fetch(
        "/", headers={"Cookie": '_xsrf="<\\">"'}
    )
    assert page.text.startswith('<input type="hidden" name="_xsrf" value="')
    assert "<" not in page.text[1:]


# The token itself


@given(token=st.binary(min_size=1, max_size=64))
def test_the_mask_is_undone(token):
    made = XSRFToken(2, token, 5)
    assert decode_xsrf_token(encode_xsrf_token(made, 2).decode()) == made
    assert decode_xsrf_token(encode_xsrf_token(made, 1).decode()).token == token


@given(text=st.text(max_size=60) | st.from_regex(r"2\|[0-9a-f]*\|[0-9a-f]*\|[0-9]*"))
def test_no_text_makes_decoding_fail(text):
    decoded = decode_xsrf_token(text)
    assert decoded is None or decoded.token


def test_tokens_differ():
    assert new_xsrf_token().token != new_xsrf_token().token
    with pytest.raises(ValueError, match="version"):
        encode_xsrf_token(new_xsrf_token(), 3)
