"""``documented_examples.py EXAMPLES SEEDS``: print the ids of the documented examples that execute.

An example is executed as a module is that is imported: its definitions, not its ``__main__``. Those
that fetch are then called, and fetch from the one that says hello.

The documents lost their indentation. It is put back by what Python's own grammar says: after a
colon one deeper, after a jump one back, classes and guards at the margin, methods in their class.
"""

from __future__ import annotations

import ast
import json
import re
import sys
from pathlib import Path

import tornado.ioloop
from tornado.httpserver import HTTPServer
from tornado.testing import bind_unused_port

# What the documents take as imported where an example does not say so itself.
CONTEXT = """
import datetime, functools, json, logging, os, socket, ssl, struct, sys, time, concurrent.futures
from concurrent.futures import ThreadPoolExecutor
import tornado, tornado.auth, tornado.concurrent, tornado.escape, tornado.gen, tornado.httpclient
import tornado.httpserver, tornado.httputil, tornado.ioloop, tornado.iostream, tornado.locale
import tornado.locks, tornado.log, tornado.netutil, tornado.options, tornado.process, tornado.queues
import tornado.routing, tornado.tcpclient, tornado.tcpserver, tornado.template, tornado.testing
import tornado.web, tornado.websocket, tornado.wsgi
from tornado import gen, web, httputil, ioloop, locks, netutil, process, queues, template
from tornado import escape, httpclient, httpserver, iostream, locale, testing, websocket, concurrent
from tornado.concurrent import Future, return_future, run_on_executor
from tornado.httpclient import AsyncHTTPClient, HTTPClient, HTTPRequest
from tornado.httpserver import HTTPServer
from tornado.ioloop import IOLoop, PeriodicCallback
from tornado.options import define, options
from tornado.routing import *
from tornado.stack_context import StackContext
from tornado.tcpserver import TCPServer
from tornado.testing import AsyncHTTPTestCase, AsyncTestCase, gen_test
from tornado.web import Application, RequestHandler, StaticFileHandler, UIModule, url
from tornado.web import asynchronous, authenticated
from tornado.websocket import WebSocketHandler
"""
JUMP = re.compile(r"(return|raise|break|continue|pass)\b")
CLAUSE = re.compile(r"(else|elif|except|finally)\b")


def is_whole(statement: str) -> bool:
    """Tell whether brackets and strings of a statement are closed."""
    body = f"{statement}\n pass" if statement.rstrip().endswith(":") else statement
    prefix = "try: pass\n" if CLAUSE.match(body) and not body.startswith("el") else "if 1: pass\n"
    try:
        ast.parse(body if not CLAUSE.match(body) else prefix + body)
    except SyntaxError as error:
        return not re.search(r"never closed|unterminated|unexpected EOF", str(error))
    return True


def depth_of(text: str, depth: int, opened: list[tuple[str, int]]) -> int:
    """Give how deep a statement stands that follows one of this depth."""
    in_class = any(word == "class" for word, _ in opened)
    if re.match(r"class |if __name__", text):
        return 0
    if re.match(r"(async )?def \w+\((self|cls)\b|@", text):
        return 1 if in_class else 0
    if re.match(r"(async )?def ", text):
        return 0
    if CLAUSE.match(text):
        wanted = "try|except|else" if text[:2] in ("ex", "fi") else "if|elif|for|while|except|try"
        return next((d for word, d in reversed(opened) if re.match(wanted, word)), depth)
    return depth


def indented(lines: list[str]) -> str:
    """Give the lines as Python again."""
    out: list[str] = []
    opened: list[tuple[str, int]] = []
    depth, held, is_decorated = 0, "", False
    for line in lines:
        held = f"{held}\n{line}" if held else line.strip()
        if not is_whole(held):
            continue
        text, held = held, ""
        depth = depth if is_decorated else depth_of(text, depth, opened)
        is_decorated = text.startswith("@")
        opened = [entry for entry in opened if entry[1] < depth]
        out.append("    " * depth + text)
        if text.partition("  #")[0].rstrip().endswith(":"):
            opened.append((text.partition(" ")[0].rstrip(":"), depth))
            depth += 1
        elif JUMP.match(text) and depth:
            depth -= 1
    return "\n".join(out)


def executed(examples: str, seeds: Path) -> dict[str, dict[str, object]]:
    """Give the names that each example made, by its id; say on stderr why the others did not."""
    found = {}
    for example in json.loads(Path(examples).read_text(encoding="utf-8")):
        first, last = example["lines"]
        text = (seeds / example["seed"]).read_text(encoding="utf-8", errors="replace")
        names: dict[str, object] = {"__name__": "example"}
        exec(CONTEXT, names)  # noqa: S102 - our own, above
        try:
            code = indented(text.split("\n")[first - 1 : last])
            exec(compile(code, example["id"], "exec", dont_inherit=True), names)  # noqa: S102 - to run it is the test
        except Exception as error:  # noqa: BLE001 - whatever a fragment without context raises
            print(example["id"], "-", type(error).__name__, error, file=sys.stderr)
        else:
            found[example["id"]] = names
    return found


async def fetch_hello(found: dict[str, dict[str, object]]) -> None:
    """Fetch from the first example by the ones that follow it."""
    sock, port = bind_unused_port()
    server = HTTPServer(found["EX-001"]["make_app"]())
    server.add_socket(sock)
    address = f"http://127.0.0.1:{port}/"
    for example in ("EX-005", "EX-006", "EX-007"):
        if await found[example]["fetch_coroutine"](address) != b"Hello, world":
            raise AssertionError(example)
    response = await found["EX-004"]["async_fetch_future"](address)
    if response.body != b"Hello, world":
        raise AssertionError("EX-004")
    server.stop()
    await server.close_all_connections()


if __name__ == "__main__":
    made = executed(sys.argv[1], Path(sys.argv[2]))
    tornado.ioloop.IOLoop.current().run_sync(lambda: fetch_hello(made))
    print(*made)
