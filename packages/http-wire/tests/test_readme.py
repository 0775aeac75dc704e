"""The examples of the README are true."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

import pytest

from etesian.http_wire import EventStreamError

README = Path(__file__).parents[1] / "README.md"


def run_blocks(*, port, fetching):
    """Run the examples, but for their last line, and give what they define."""
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) >= 6
    names = {}
    for block in blocks:
        if ("HTTPClient" in block) == fetching:
            code = block.replace("asyncio.run(main())", "").replace("8888", str(port))
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102  # our own examples
    return names


def port_of(server):
    return server._listeners[0]._socket.getsockname()[1]


async def test_the_examples_run(connect):
    names = run_blocks(port=0, fetching=False)
    served = names["HTTPServer"](names["hello"])
    served.listen(0, "127.0.0.1")
    peer = await connect(port_of(served))
    await peer.send(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (await peer.read_all()).endswith(b"Hello, 127.0.0.1. You asked for /a.\n")
    serving = asyncio.ensure_future(names["main"]())
    await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.wait([serving])
    await served.drain(1)


async def test_the_client_of_the_examples_reaches_their_server(capsys):
    names = run_blocks(port=0, fetching=False)
    served = names["HTTPServer"](names["hello"])
    served.listen(0, "127.0.0.1")
    fetching = run_blocks(port=port_of(served), fetching=True)
    await fetching["main"]()
    body = b"Hello, 127.0.0.1. You asked for /.\n"
    assert capsys.readouterr().out == f"200 text/plain {body}\n"
    client = fetching["AsyncHTTPClient"]()
    url = f"http://127.0.0.1:{port_of(served)}/"
    await names["measure"](client, url)
    assert capsys.readouterr().out == f"{len(body)}\n"
    with pytest.raises(EventStreamError, match="'text/plain', expected 'text/event-stream'"):
        await names["follow"](client, url)
    client.close()
    await served.drain(1)
