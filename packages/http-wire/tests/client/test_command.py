"""The command as somebody who knows curl would use it."""

from __future__ import annotations

import json
import os
import pty
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from etesian.http_wire import parse_body_arguments
from etesian.http_wire.client import main
from etesian.http_wire.client.command_options import parse_arguments
from etesian.http_wire.client.command_request import request_for

COMMAND = [sys.executable, "-m", "etesian.http_wire.client"]

FORM = "application/x-www-form-urlencoded"


class Handler(BaseHTTPRequestHandler):
    """Answers ``/404`` with 404 and the like; ``/echo`` with what was asked."""

    protocol_version = "HTTP/1.1"

    def answer(self):
        size = int(self.headers.get("Content-Length", "0"))
        body = self.rfile.read(size)
        word = self.path.strip("/").partition("?")[0]
        if word == "slow":
            time.sleep(0.5)
        if word == "held":
            self.server.reached.set()
            self.server.released.wait(20)
        if word == "cut":
            self.wfile.write(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf")
            self.close_connection = True
            return
        self.server.asked += 1
        code = 503 if word == "busy" and self.server.asked == 1 else 200
        self.send_response(
            int(word) if word.isdigit() else code, "Oh\x9b" if word == "418" else None
        )
        if word == "302":
            self.send_header("Location", "/echo")
        if word == "cookie":
            self.send_header("Set-Cookie", "kept=1; Path=/")
        said = {name.lower(): ",".join(self.headers.get_all(name)) for name in self.headers}
        echo = {"method": self.command, "path": self.path, "headers": said}
        echo["body"] = body.decode("latin-1")
        sent = {"binary": bytes(20), "large": bytes(3_000_000), "empty": b""}.get(
            word, json.dumps(echo).encode()
        )
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        if self.command != "HEAD":
            with suppress(ConnectionError):
                self.wfile.write(sent)

    def __getattr__(self, name):
        if name.startswith("do_"):
            return self.answer
        raise AttributeError(name)

    def log_message(self, *args):
        pass


@pytest.fixture(scope="module")
def server():
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        server.daemon_threads = True
        server.handle_error = lambda *_: None  # those who leave early are meant to
        server.asked = 0
        server.reached, server.released = threading.Event(), threading.Event()
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def url(server):
    server.asked = 0
    return f"http://127.0.0.1:{server.server_port}/echo"


@pytest.fixture
def run(url, capfdbinary):
    """Give a function: what the server was asked, after a success."""

    def run(*words, path="/echo"):
        assert main([*words, url.replace("/echo", path)]) == 0
        return json.loads(capfdbinary.readouterr().out)

    return run


def test_a_plain_fetch(run):
    echo = run()
    assert (echo["method"], echo["body"]) == ("GET", "")


@pytest.mark.parametrize(
    ("words", "method", "body", "kind"),
    [
        (
            ["-d", "a=1", "-d", "b=\xe4"],
            "POST",
            "a=1&b=\xc3\xa4",
            FORM,
        ),
        (["--data", "a", "-X", "PUT"], "PUT", "a", FORM),
        (["--json", "{}"], "POST", "{}", "application/json"),
        (["--json", '{"a":', "--json", "1}"], "POST", '{"a":1}', "application/json"),
        (["--json", ""], "POST", "", "application/json"),
        (["-d", "x", "-H", "Content-Type: text/plain"], "POST", "x", "text/plain"),
        (["-X", "PURGE"], "PURGE", "", None),
        (["-X", "POST"], "POST", "", None),
        (["-X", "DELETE"], "DELETE", "", None),
    ],
)
def test_methods_and_bodies(run, words, method, body, kind):
    echo = run(*words)
    assert (echo["method"], echo["body"]) == (method, body)
    if kind is not None:
        assert echo["headers"]["content-type"] == kind


@pytest.mark.parametrize("data", ["-1", "--json", "=x", "-----BEGIN", "-"])
def test_data_may_look_like_an_option(run, data):
    for words in (["-d", data], ["-s", "--data-binary", data], [f"--data={data}"]):
        assert run(*words)["body"] == data
    assert run("-A", "-me", "--", path="/echo")["headers"]["user-agent"] == "-me"


def test_an_option_without_its_value(url):
    for words in (["-d"], [url, "-o"], ["--json"], ["-d", "--", url]):
        with pytest.raises(SystemExit) as caught:
            main(words)
        assert caught.value.code == 2


def test_a_url_without_a_scheme_may_have_one_within(run, url):
    path = "/echo?to=http://a.test/"
    without = url.removeprefix("http://").replace("/echo", path)
    assert run(path=path)["path"] == path
    assert request_for(without, parse_arguments([without])).url == f"http://{without}"


def test_headers_of_ones_own(run):
    words = ["-H", "X: 1", "-H", "X:2", "-A", "me", "-u", "u:p:w", "-b", "a=1; b=2"]
    headers = run(*words)["headers"]
    assert headers["x"] == "1,2"
    assert headers["user-agent"] == "me"
    assert headers["authorization"] == "Basic dTpwOnc="
    assert headers["cookie"] == "a=1; b=2"
    assert headers["accept-encoding"] == "gzip"
    assert "accept-encoding" not in run("--no-compressed")["headers"]


def test_a_body_of_a_file_or_of_standard_input(run, url, tmp_path):
    file = tmp_path / "body"
    file.write_bytes(b"\r\n\xff")
    assert run("-d", f"@{file}")["body"] == "\r\n\xff"
    words = [*COMMAND, "--data", "@-", url]
    done = subprocess.run(words, input=b"from there", capture_output=True, check=True)
    assert json.loads(done.stdout)["body"] == "from there"


def test_a_form(run, tmp_path):
    (tmp_path / "a.txt").write_text("text")
    echo = run("-F", "n=v=w", "-F", f"f=@{tmp_path / 'a.txt'}", "-H", "X: y")
    arguments, files = {}, {}
    body = echo["body"].encode("latin-1")
    parse_body_arguments(echo["headers"]["content-type"], body, arguments, files)
    assert arguments == {"n": [b"v=w"]}
    assert [(one.filename, one.body) for one in files["f"]] == [("a.txt", b"text")]
    assert echo["headers"]["x"] == "y"


def test_redirects_are_followed_unless(run, url, capfdbinary):
    assert run(path="/302")["path"] == "/echo"
    for word in ("--no-redirect", "--follow_redirects=false"):
        assert main([word, url.replace("echo", "302")]) == 1
        captured = capfdbinary.readouterr()
        assert json.loads(captured.out)["path"] == "/302"
        assert captured.err == b"HTTP 302: Found\n"
    assert main(["--max-redirs", "0", url.replace("echo", "302")]) == 1
    assert b"not followed" in capfdbinary.readouterr().err
    assert run("-L", path="/302")["path"] == "/echo"


def test_heads_are_printed_when_asked_for(url, capfdbinary):
    assert main(["-i", url]) == 0
    head, _, body = capfdbinary.readouterr().out.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 200 OK\r\n")
    assert json.loads(body)["method"] == "GET"
    assert main(["-I", url]) == 0
    head, _, body = capfdbinary.readouterr().out.partition(b"\r\n\r\n")
    assert b"Content-Length" in head
    assert body == b""
    assert main(["--print_headers", url]) == 0
    assert b"\n\n{" in capfdbinary.readouterr().out
    assert main(["-v", "-H", "X: y", url]) == 0
    shown = capfdbinary.readouterr().err.decode().splitlines()
    assert shown[0] == "> GET /echo HTTP/1.1"
    assert "> X: y" in shown
    assert "< HTTP/1.1 200 OK" in shown


def test_a_file_is_written_without_a_word(url, tmp_path, capfdbinary):
    file = tmp_path / "out"
    assert main(["-o", str(file), url.replace("echo", "large")]) == 0
    assert file.stat().st_size == 3_000_000
    assert main(["--output", str(file), url.replace("echo", "empty")]) == 0
    assert file.stat().st_size == 0
    assert capfdbinary.readouterr() == (b"", b"")
    assert main(["-o", str(tmp_path / "none"), "http://127.0.0.1:1"]) == 7
    assert not (tmp_path / "none").exists()


@pytest.mark.parametrize(
    ("words", "status", "message"),
    [
        (["{}/404"], 1, "HTTP 404: Not Found"),
        (["-f", "{}/404"], 22, "HTTP 404: Not Found"),
        (["{}/418"], 1, r"HTTP 418: Oh\x9b"),
        (["http://127.0.0.1:1"], 7, "cannot connect: Connection refused"),
        (["ftp://x"], 3, "URL scheme 'ftp' is not http or https"),
        (["http://"], 3, "URL host is not"),
        (["-H", "no colon", "{}"], 3, "is not 'NAME: VALUE'"),
        (["-H", "X: a\nb", "{}"], 3, ""),
        (["-F", "x", "{}"], 3, "is not NAME=VALUE"),
        (["-X", "A B", "{}"], 3, "not a token"),
        (["-d", "@/nowhere", "{}"], 26, "cannot read /nowhere: No such file"),
        (["-F", "a=@/nowhere", "{}"], 26, "cannot read /nowhere: No such file"),
        (["-b", "/nowhere", "{}"], 26, "cannot read /nowhere: No such file"),
        (["https:{host}"], 35, "TLS failed: wrong version number"),
        (["-m", "0.1", "{}/slow"], 28, "timed out"),
        (["{}/cut"], 56, "connection closed"),
        (["-o", "/nowhere/x", "{}"], 23, "the output cannot be written"),
        (["-c", "/nowhere/x", "{}"], 23, "the output cannot be written"),
        (["-x", "gopher://x", "{}"], 3, "proxy scheme"),
        (["-x", "http://127.0.0.1:1", "{}"], 7, "cannot connect"),
    ],
)
def test_failures_have_a_line_and_a_number(url, capfdbinary, words, status, message):
    base = url.removesuffix("/echo")
    host = base.removeprefix("http:")
    words = [word.replace("{}", base).replace("{host}", host) for word in words]
    assert main(words) == status
    assert message in capfdbinary.readouterr().err.decode()
    assert main(["-s", *words]) == status
    assert capfdbinary.readouterr().err == b""


def test_a_name_without_an_address(capfdbinary):
    assert main(["http://nothing.invalid"]) == 6
    assert b"no address" in capfdbinary.readouterr().err


@pytest.mark.parametrize(
    "words", [[], ["--no-such", "x"], ["-d", "a", "-F", "b=c", "x"], ["--max-time", "-1", "x"],
              ["--json", "1", "-d", "2", "x"], ["--print_body=maybe", "x"]],
)  # fmt: skip
def test_wrong_usage(words, capsys):
    with pytest.raises(SystemExit) as caught:
        main(words)
    assert caught.value.code == 2
    assert "usage" in capsys.readouterr().err


def test_help_and_version(capsys):
    for word in ("--help", "--version"):
        with pytest.raises(SystemExit) as caught:
            main([word])
        assert caught.value.code == 0
    printed = capsys.readouterr().out
    assert "exit status" in printed
    assert "etesian-http-wire 0." in printed


def test_the_failures_of_several_urls_tell_which(url, capfdbinary):
    missing = url.replace("echo", "404")
    assert main([missing, "http://127.0.0.1:1/", url]) == 1
    captured = capfdbinary.readouterr()
    assert b"http://127.0.0.1:1/: cannot connect" in captured.err
    assert captured.out.endswith(b"}")


def test_what_may_pass_is_repeated_when_asked(url, capfdbinary):
    busy = url.replace("echo", "busy")
    assert main(["--retry", "2", busy]) == 0
    assert capfdbinary.readouterr().err == b""


def test_cookies_are_kept_in_a_file(tmp_path, run):
    pytest.importorskip("publicsuffixlist", reason="the extra cookies is not installed")
    file = str(tmp_path / "cookies.json")
    run("-c", file, path="/cookie")
    assert run("-b", file)["headers"]["cookie"] == "kept=1"
    assert "cookie" not in run()["headers"]


def test_the_environment_counts_only_when_asked(url, monkeypatch, run):
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.delenv("no_proxy", raising=False)
    run()
    assert main(["--proxy-from-environment", url]) == 7


def test_a_reader_that_has_seen_enough_is_no_matter(url):
    large = url.replace("echo", "large")
    with subprocess.Popen([*COMMAND, large], stdout=-1, stderr=-1) as process:
        process.stdout.read(10)
        process.stdout.close()
        assert process.stderr.read() == b""
        assert process.wait(10) == 23


def on_a_terminal(*words, stdout=None):
    """Give the exit status, and what a terminal shows."""
    ours, theirs = pty.openpty()
    with subprocess.Popen([*COMMAND, *words], stdout=stdout or theirs, stderr=theirs) as process:
        os.close(theirs)
        shown = b""
        with suppress(OSError):  # that is how a terminal ends
            while data := os.read(ours, 65536):
                shown += data
        os.close(ours)
    return process.returncode, shown


def test_closed_outputs_are_no_traceback(url):
    def run(*words):
        return subprocess.run(["/bin/sh", "-c", " ".join(words)], capture_output=True, check=False)

    closed = run(*COMMAND, url, ">&-")
    assert (closed.returncode, closed.stdout) == (23, b"")
    assert closed.stderr == b"the output cannot be written: standard output is closed\n"
    silent = run(*COMMAND, "-v", url.replace("echo", "404"), "2>&-")
    assert (silent.returncode, silent.stderr) == (1, b"")
    assert b'"/404"' in silent.stdout
    without = run(*COMMAND, "-d", "@-", url, "<&-")
    assert (without.returncode, without.stdout) == (26, b"")
    assert without.stderr == b"cannot read standard input: No such file or directory\n"


@pytest.mark.parametrize(("path", "status"), [("echo", 0), ("404", 1)])
def test_nobody_needs_to_read_standard_error(url, path, status):
    ours, theirs = os.pipe()
    os.close(ours)
    try:
        words = [*COMMAND, "-v", url.replace("echo", path)]
        done = subprocess.run(words, stdout=-1, stderr=theirs, check=False)
    finally:
        os.close(theirs)
    assert (done.returncode, done.stdout != b"") == (status, True)


def test_a_file_that_is_no_certificate(capfdbinary, tmp_path):
    file = tmp_path / "none"
    assert main(["--cacert", str(file), "https://127.0.0.1:1/"]) == 26
    assert capfdbinary.readouterr().err == b"cannot read %b: No such file or directory\n" % bytes(
        file
    )
    file.write_text("nonsense")
    assert main(["--cacert", str(file), "https://127.0.0.1:1/"]) == 26
    assert capfdbinary.readouterr().err.startswith(b"ca_certs '%b' cannot be used" % bytes(file))
    assert main(["--cacert", str(file / "x"), "https://127.0.0.1:1/"]) == 26
    assert capfdbinary.readouterr().err.startswith(b"cannot read %b: Not a dir" % bytes(file / "x"))


def test_a_file_that_grows_while_it_is_sent(url, capfdbinary):
    # The kernel tells its size to be none.
    assert main(["-F", "f=@/proc/self/status", url]) == 26
    assert b"longer than the Content-Length" in capfdbinary.readouterr().err


def test_progress_and_binary_on_a_terminal(url, tmp_path):
    file = tmp_path / "out"
    words = ["-o", str(file), url.replace("echo", "large")]
    status, shown = on_a_terminal(*words, stdout=subprocess.DEVNULL)
    assert status == 0
    assert b"2.9 MiB of 2.9 MiB" in shown
    assert on_a_terminal("-s", *words) == (0, b"")
    binary = url.replace("echo", "binary")
    status, shown = on_a_terminal(binary)
    assert status == 23
    assert b"use -o FILE" in shown
    assert b"\0" not in shown
    assert on_a_terminal("-o", "-", binary) == (0, bytes(20))


@pytest.fixture
def interruptible():
    """Have the processes that are started heed SIGINT, which a run in the background ignores."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


@pytest.mark.usefixtures("interruptible")
def test_an_interruption_is_no_traceback(url, server):
    with subprocess.Popen([*COMMAND, url.replace("echo", "held")], stderr=-1, stdout=-1) as process:
        assert server.reached.wait(20)
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b""
        server.released.set()
    assert process.returncode == 130
