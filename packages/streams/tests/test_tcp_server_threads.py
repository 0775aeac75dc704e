from __future__ import annotations

import asyncio
import threading

from etesian.streams import TCPClient, TCPServer, bind_sockets


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
