from __future__ import annotations

import asyncio
import socket
import ssl

import pytest

from etesian.streams import IOStream, SSLIOStream, StreamClosedError
from etesian.streams.testing.faulty_stream import reset


@pytest.fixture
def refusing_port():
    """A port on which nobody listens."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        yield sock.getsockname()[1]


@pytest.mark.spec("B-STR-042")
async def test_connect_gives_the_stream_itself(catching):
    stream = IOStream(socket.socket())
    assert await stream.connect(("127.0.0.1", catching.port)) is stream
    assert stream.socket.getpeername() == ("127.0.0.1", catching.port)
    stream.close()


@pytest.mark.spec("B-STR-028")
async def test_what_is_written_before_the_connection_is_sent_after_it(catching):
    stream = IOStream(socket.socket())
    early = [stream.write(b"ab"), stream.write(b""), stream.write(memoryview(b"cd"))]
    assert stream.writing()
    assert not early[0].done()
    await stream.connect(("127.0.0.1", catching.port))
    await asyncio.gather(*early)
    far, _ = await catching.caught.get()
    assert await far.read_bytes(4) == b"abcd"
    stream.close()


@pytest.mark.spec("B-STR-043", "B-STR-036")
async def test_a_refused_connection_fails_all_that_waits(refusing_port):
    stream = IOStream(socket.socket())
    closed = asyncio.Event()
    stream.set_close_callback(closed.set)
    written = stream.write(b"x")
    read = stream.read_bytes(1)
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(("127.0.0.1", refusing_port))
    assert isinstance(caught.value.real_error, ConnectionRefusedError)
    assert stream.error is caught.value.real_error
    for pending in (written, read):
        with pytest.raises(StreamClosedError):
            await pending
    await asyncio.wait_for(closed.wait(), 2)


@pytest.mark.spec("B-STR-043")
@pytest.mark.parametrize(
    ("address", "kind"),
    [
        (("127.0.0.1", 65536 + 80), OverflowError),
        (("127.0.0.1",), (TypeError, ValueError)),
        (5, TypeError),
        (("a" * 70, 80), UnicodeError),
    ],
)
async def test_what_is_no_address_fails_the_connect_and_says_why(address, kind):
    stream = IOStream(socket.socket())
    with pytest.raises(StreamClosedError) as caught:
        await stream.connect(address)
    assert isinstance(caught.value.real_error, kind)
    assert stream.closed()
    assert stream.error is caught.value.real_error


async def test_closing_while_connecting_closes_the_socket(catching):
    stream = IOStream(socket.socket())
    sock = stream.socket
    connecting = stream.connect(("127.0.0.1", catching.port))
    stream.close()
    with pytest.raises(StreamClosedError):
        await connecting
    assert sock.fileno() == -1


async def test_a_connected_socket_is_taken_over(eventually):
    here, there = socket.socketpair()
    near, far = IOStream(here), IOStream(there)
    assert near.fileno() == here.fileno()
    near.write(b"line\n")
    assert await far.read_until(b"\n") == b"line\n"
    near.close()
    assert await far.read_until_close() == b""
    await eventually(lambda: here.fileno() == -1)


async def test_closing_a_socket_that_was_never_used_closes_it():
    here, there = socket.socketpair()
    stream = IOStream(here)
    stream.close()
    assert here.fileno() == -1
    with pytest.raises(StreamClosedError):
        _ = stream.socket
    there.close()


@pytest.mark.spec("B-STR-032")
async def test_a_close_callback_alone_notices_the_end_of_the_peer():
    here, there = socket.socketpair()
    stream = IOStream(here)
    closed = asyncio.Event()
    stream.set_close_callback(closed.set)
    there.close()
    await asyncio.wait_for(closed.wait(), 2)


@pytest.mark.spec("B-STR-046")
async def test_nodelay_is_on_and_can_be_switched(connected, eventually):
    near, far = await connected()

    def nodelay():
        return near.socket.getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)

    assert nodelay()
    near.set_nodelay(False)
    assert not nodelay()
    near.set_nodelay(True)
    assert nodelay()
    reset(far._transport)
    await eventually(near.closed)
    near.set_nodelay(True)


async def test_nodelay_means_nothing_to_a_unix_socket():
    here, there = socket.socketpair()
    with there:
        stream = IOStream(here)
        stream.set_nodelay(True)
        stream.close()


async def test_the_kernels_error_can_be_asked_for(connected):
    near, _ = await connected()
    assert near.get_fd_error() is None


@pytest.mark.spec("B-STR-047", "B-STR-048", "B-STR-049", "B-STR-050")
async def test_start_tls_goes_on_with_tls(connected, server_context, client_context):
    near, far = await connected(max_buffer_size=50_000)
    closed = asyncio.Event()
    near.set_close_callback(closed.set)
    near.write(b"STARTTLS\n")
    await far.read_until(b"\n")
    near_tls, far_tls = await asyncio.gather(
        near.start_tls(False, client_context, server_hostname="localhost"),
        far.start_tls(True, server_context),
    )
    assert isinstance(near_tls, SSLIOStream)
    assert near_tls.max_buffer_size == 50_000
    assert near.closed()
    near_tls.write(b"secret\n")
    assert await far_tls.read_until(b"\n") == b"secret\n"
    far_tls.write(b"answer\n")
    assert await near_tls.read_until(b"\n") == b"answer\n"
    assert not closed.is_set()
    near_tls.close()
    await asyncio.wait_for(closed.wait(), 2)
    assert await far_tls.read_until_close() == b""


@pytest.mark.spec("B-STR-047")
async def test_start_tls_wants_an_idle_stream(connected, client_context, eventually):
    near, far = await connected()
    read = near.read_bytes(1)
    with pytest.raises(ValueError, match="idle"):
        near.start_tls(False, client_context, server_hostname="localhost")
    # A man in the middle could have put these there: they must not become "secured" bytes.
    far.write(b"xinjected")
    await read
    with pytest.raises(ValueError, match="idle"):
        near.start_tls(False, client_context, server_hostname="localhost")


@pytest.mark.spec("B-STR-049", "S242")
@pytest.mark.parametrize("fault", ["unknown authority", "other name"])
async def test_start_tls_refuses_a_certificate_that_is_not_good(
    connected, server_context, client_context, fault
):
    near, far = await connected()
    options = None if fault == "unknown authority" else client_context
    name = "localhost" if fault == "unknown authority" else "other.example"
    results = await asyncio.gather(
        near.start_tls(False, options, server_hostname=name),
        far.start_tls(True, server_context),
        return_exceptions=True,
    )
    assert isinstance(results[0], StreamClosedError)
    assert isinstance(results[0].real_error, ssl.SSLCertVerificationError)
    if isinstance(results[1], SSLIOStream):
        with pytest.raises(StreamClosedError):
            await results[1].read_bytes(1)


async def test_a_client_that_is_faster_than_start_tls_loses_nothing(
    connected, server_context, client_context, eventually
):
    near, far = await connected()
    secured = near.start_tls(False, client_context, server_hostname="localhost")
    # The client's first message is here before the server turns to TLS.
    await eventually(lambda: far._reader.buffer.size > 100)
    far_tls = await far.start_tls(True, server_context)
    near_tls = await secured
    near_tls.write(b"line\n")
    assert await far_tls.read_until(b"\n") == b"line\n"
    near_tls.close()
    assert await far_tls.read_until_close() == b""


async def test_start_tls_works_on_a_raw_socket(server_context, client_context):
    here, there = socket.socketpair()
    near, far = await asyncio.gather(
        IOStream(here).start_tls(False, client_context, server_hostname="localhost"),
        IOStream(there).start_tls(True, server_context),
    )
    near.write(b"x")
    assert await far.read_bytes(1) == b"x"
    near.close()
    assert await far.read_until_close() == b""
    far.close()
    await asyncio.sleep(0.01)


async def test_start_tls_on_a_lost_connection_fails_instead_of_waiting(
    connected, server_context, eventually
):
    near, far = await connected()
    await near.write(b"\n")
    assert await far.read_until(b"\n") == b"\n"
    # The beginning of a handshake, which stays unread, and then nothing ever again.
    await near.write(b"\x16\x03\x01")
    await eventually(lambda: far._reader.buffer.size == 3)
    reset(near._transport)
    await eventually(lambda: far._lost)
    with pytest.raises(StreamClosedError):
        far.start_tls(True, server_context)


async def test_what_was_written_before_start_tls_is_sent_before_it(
    connected, server_context, client_context
):
    near, far = await connected()
    await near.write(b"in the clear\n")
    # At once: the loop may not have given those bytes to the kernel.
    securing = near.start_tls(False, client_context, server_hostname="localhost")
    assert await far.read_until(b"\n") == b"in the clear\n"
    secured, _ = await asyncio.gather(far.start_tls(True, server_context), securing)
    await securing.result().write(b"secret\n")
    assert await secured.read_until(b"\n") == b"secret\n"
    secured.close()
    securing.result().close()
    await asyncio.sleep(0.01)


async def test_closing_as_start_tls_begins_fails_it(connected, client_context):
    near, _ = await connected()
    securing = near.start_tls(False, client_context, server_hostname="localhost")
    near.close()
    with pytest.raises(StreamClosedError):
        await asyncio.wait_for(securing, 2)


@pytest.mark.spec("S086")
async def test_a_peer_that_leaves_during_start_tls_fails_it(connected, client_context):
    near, far = await connected()
    securing = near.start_tls(False, client_context, server_hostname="localhost")
    await far.read_bytes(1)
    far._transport.abort()
    with pytest.raises(StreamClosedError):
        await asyncio.wait_for(securing, 2)


async def test_cancelling_start_tls_closes_the_connection(connected, client_context):
    near, far = await connected()
    securing = near.start_tls(False, client_context, server_hostname="localhost")
    await far.read_bytes(1)
    securing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await securing
    with pytest.raises(StreamClosedError):
        while True:
            await asyncio.wait_for(far.read_bytes(1000, partial=True), 2)
