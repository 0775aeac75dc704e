"""The examples of the README are true."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path

README = Path(__file__).parents[1] / "README.md"


async def test_the_examples_run(connect):
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(), re.DOTALL)
    assert len(blocks) >= 4
    names = {}
    for block in blocks:
        if "HTTPClient" not in block:
            code = block.replace("asyncio.run(main())", "").replace("8888", "0")
            exec(compile(code, "README.md", "exec"), names)  # noqa: S102  # our own examples
    served = names["HTTPServer"](names["hello"])
    served.listen(0, "127.0.0.1")
    peer = await connect(served._listeners[0]._socket.getsockname()[1])
    await peer.send(b"GET /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
    assert (await peer.read_all()).endswith(b"Hello, 127.0.0.1. You asked for /a.\n")
    serving = asyncio.ensure_future(names["main"]())
    await asyncio.sleep(0.01)
    serving.cancel()
    await asyncio.wait([serving])
    await served.drain(1)
