from __future__ import annotations

import asyncio
import threading

from etesian.streams import TCPClient, TCPServer, bind_sockets
from etesian.streams.shared_reader import SharedReader, _memory


async def test_streams_of_a_loop_share_memory_and_nothing_else(connected):
    pairs = [await connected() for _ in range(10)]
    for number, (near, far) in enumerate(pairs):
        far.write(b"%d" % number * 50_000)
        near.write(b"%d" % number * 50_000)
    await asyncio.sleep(0.02)
    for number, (near, far) in enumerate(pairs):
        assert await near.read_bytes(50_000) == b"%d" % number * 50_000
        assert await far.read_bytes(50_000) == b"%d" % number * 50_000
    loop = asyncio.get_running_loop()
    if isinstance(loop, asyncio.SelectorEventLoop):
        assert isinstance(pairs[0][0]._transport.get_protocol(), SharedReader)
        assert len(_memory[loop]) == 256 * 1024


class _Echo(TCPServer):
    async def handle_stream(self, stream, address):
        for _ in range(200):
            await stream.write(await stream.read_until(b"\n"))
        stream.close()


def test_loops_of_several_threads_do_not_mix_their_bytes():
    results = {}

    async def exchange(name):
        server = _Echo()
        (sock,) = bind_sockets(0, "127.0.0.1")
        server.add_socket(sock)
        stream = await TCPClient().connect(*sock.getsockname())
        line = name.encode() * 1000 + b"\n"
        good = True
        for _ in range(200):
            await stream.write(line)
            good &= await stream.read_until(b"\n") == line
        stream.close()
        server.stop()
        await asyncio.sleep(0.02)
        results[name] = good

    threads = [
        threading.Thread(target=lambda name=name: asyncio.run(exchange(name))) for name in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results == {"a": True, "b": True, "c": True}
