"""Flask and Django inside our server."""

import json
import secrets

import pytest

from etesian.web import WSGIContainer

flask = pytest.importorskip("flask", reason="Flask is not installed")
django = pytest.importorskip("django", reason="Django is not installed")


def flask_application():
    application = flask.Flask("shown")
    application.secret_key = secrets.token_hex()

    @application.route("/hello/<name>", methods=["GET", "POST"])
    def hello(name):
        form = flask.request.form.to_dict()
        return flask.jsonify(name=name, query=flask.request.args.to_dict(), form=form)

    @application.route("/upload", methods=["POST"])
    def upload():
        file = flask.request.files["file"]
        content = file.read()
        return flask.jsonify(name=file.filename, size=len(content), same=content == CONTENT)

    @application.route("/stream")
    def stream():
        return flask.Response((f"<{n}>" for n in range(1000)), mimetype="text/plain")

    @application.route("/session")
    def session():
        count = flask.session["count"] = flask.session.get("count", 0) + 1
        return str(count)

    @application.route("/fails")
    def fails():
        raise ZeroDivisionError

    return application


def django_application():
    from django.conf import settings
    from django.core.wsgi import get_wsgi_application
    from django.http import HttpResponse, JsonResponse, StreamingHttpResponse
    from django.urls import path

    def hello(request, name):
        form = request.POST.dict()
        return JsonResponse({"name": name, "query": request.GET.dict(), "form": form})

    def upload(request):
        file = request.FILES["file"]
        content = file.read()
        return JsonResponse({"name": file.name, "size": len(content), "same": content == CONTENT})

    def stream(_request):
        pieces = (f"<{n}>" for n in range(1000))
        return StreamingHttpResponse(pieces, content_type="text/plain")

    def session(request):
        count = int(request.get_signed_cookie("count", 0)) + 1
        response = HttpResponse(str(count))
        response.set_signed_cookie("count", str(count))
        return response

    def fails(_request):
        raise ZeroDivisionError

    routes = type("Routes", (), {})()
    routes.urlpatterns = [
        path("hello/<name>", hello),
        path("upload", upload),
        path("stream", stream),
        path("session", session),
        path("fails", fails),
    ]
    if not settings.configured:
        settings.configure(
            ROOT_URLCONF=routes,
            SECRET_KEY=secrets.token_hex(),
            ALLOWED_HOSTS=["127.0.0.1"],
            MIDDLEWARE=["django.middleware.common.CommonMiddleware"],
            LOGGING_CONFIG=None,
            USE_TZ=True,
        )
        django.setup()
    return get_wsgi_application()


# More than is collected before the application runs, and more than either keeps in memory.
CONTENT = secrets.token_bytes(1024) * 3000
APPLICATIONS = {"flask": flask_application, "django": django_application}


@pytest.fixture(params=APPLICATIONS)
async def site(request, serve):
    return serve([(r"/.*", WSGIContainer(APPLICATIONS[request.param]()))])


@pytest.mark.spec("B-WEB-220")
async def test_it_gets_path_query_and_form(site):
    answer = await site.fetch("/hello/caf%C3%A9?a=%20b", "POST", body="c=d+e")
    assert answer.json() == {"name": "caf\u00e9", "query": {"a": " b"}, "form": {"c": "d e"}}
    assert answer.headers["Content-Type"] == "application/json"
    assert (await site.fetch("/missing")).status == 404


async def test_it_gets_an_upload_that_streams(site):
    body = (
        b'--b\r\nContent-Disposition: form-data; name="file"; filename="f.bin"\r\n'
        b"Content-Type: application/octet-stream\r\n\r\n" + CONTENT + b"\r\n--b--\r\n"
    )
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    answer = await site.fetch("/upload", "POST", headers=headers, body=body)
    assert answer.json() == {"name": "f.bin", "size": len(CONTENT), "same": True}


async def test_it_streams(site):
    assert (await site.fetch("/stream")).text == "".join(f"<{n}>" for n in range(1000))


async def test_it_keeps_cookies(site):
    first = await site.fetch("/session")
    assert first.text == "1"
    cookies = "; ".join(f"{name}={value}" for name, value in first.cookies().items())
    assert (await site.fetch("/session", headers={"Cookie": cookies})).text == "2"


async def test_its_errors_are_its_own(site, caplog):
    answer = await site.fetch("/fails")
    assert answer.status == 500
    assert json.dumps("Uncaught exception in a WSGI application") not in caplog.text


async def test_head_has_the_head_alone(site):
    answer = await site.fetch("/hello/x", "HEAD")
    assert (answer.status, answer.body) == (200, b"")
    assert int(answer.headers["Content-Length"]) > 0
