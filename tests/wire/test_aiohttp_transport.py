"""The wire below the SDKs: what leaves, what comes back, which error says what may have left."""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import socket
import ssl
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from models.remote.aiohttp_transport import AiohttpTransport
from tests.forward import Forward
from tests.wire.scripted_socket import CLOSE, FINE, SILENCE, Heard, scripted_socket

BODY = b'{"said":"\xc3\xa4"}'
SOON, LONG = 0.2, 20.0


@pytest.fixture
async def wire() -> AsyncIterator[AiohttpTransport]:
    transport = AiohttpTransport()
    yield transport
    await transport.aclose()


def asking(
    heard: Heard,
    method: str = "POST",
    path: str = "/v1/chat?alt=a%2Fb",
    *,
    scheme: str = "http",
    connect: float = LONG,
    read: float = LONG,
) -> httpx2.Request:
    return httpx2.Request(
        method,
        f"{scheme}://127.0.0.1:{heard.port}{path}",
        headers={"host": "provider", "authorization": "Bearer k", "accept-encoding": "identity"},
        content=BODY if method == "POST" else None,
        extensions={"timeout": {"connect": connect, "read": read, "write": read, "pool": read}},
    )


async def read(response: httpx2.Response) -> bytes:
    body = await response.aread()
    await response.aclose()
    return body


async def test_exactly_the_request_leaves_and_the_answer_comes_back(wire: AiohttpTransport) -> None:
    async with scripted_socket([FINE]) as heard:
        response = await wire.handle_async_request(asking(heard))
        assert (response.status_code, await read(response)) == (200, b"fine")
    assert heard.requests == [
        b"POST /v1/chat?alt=a%2Fb HTTP/1.1\r\nhost: provider\r\nauthorization: Bearer k\r\n"
        b"accept-encoding: identity\r\nContent-Length: 13\r\n\r\n" + BODY
    ]


async def test_a_connection_is_used_again_once_all_was_read(wire: AiohttpTransport) -> None:
    async with scripted_socket([FINE, FINE]) as heard:
        for _ in range(2):
            await read(await wire.handle_async_request(asking(heard)))
    assert (heard.connections, len(heard.requests)) == (1, 2)


async def test_leaving_early_closes_the_connection(wire: AiohttpTransport) -> None:
    left = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 8\r\n\r\nfi")
        await reader.read()
        left.set()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        heard = Heard(server.sockets[0].getsockname()[1])
        response = await wire.handle_async_request(asking(heard))
        assert not left.is_set()
        await response.aclose()
        await left.wait()


async def test_the_environment_names_no_proxy(
    wire: AiohttpTransport, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with scripted_socket([FINE]) as proxy, scripted_socket([FINE]) as heard:
        for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
        await read(await wire.handle_async_request(asking(heard)))
        assert (len(heard.requests), proxy.connections) == (1, 0)


async def test_a_redirect_is_an_answer_like_any_other(wire: AiohttpTransport) -> None:
    async with scripted_socket([FINE]) as elsewhere:
        moved = b"HTTP/1.1 307 Moved\r\nlocation: http://127.0.0.1:%d/\r\ncontent-length: 0\r\n\r\n"
        async with scripted_socket([moved % elsewhere.port]) as heard:
            response = await wire.handle_async_request(asking(heard))
            await read(response)
        assert (response.status_code, elsewhere.connections) == (307, 0)


async def test_a_cookie_is_not_kept(wire: AiohttpTransport) -> None:
    told = b"HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 4\r\n\r\nfine"
    async with scripted_socket([told, FINE]) as heard:
        response = await wire.handle_async_request(asking(heard))
        await read(response)
        await read(await wire.handle_async_request(asking(heard)))
    assert response.headers["set-cookie"] == "a=b"
    assert b"a=b" not in heard.requests[1]


async def test_nobody_there_means_that_nothing_left(wire: AiohttpTransport) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        with pytest.raises(httpx2.ConnectError):
            await wire.handle_async_request(asking(Heard(unused.getsockname()[1])))


async def test_a_handshake_that_stalls_means_that_nothing_left(wire: AiohttpTransport) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        with pytest.raises(httpx2.ConnectTimeout):
            await wire.handle_async_request(asking(Heard(port), scheme="https", connect=SOON))


async def test_an_untrusted_certificate_means_that_nothing_left(
    wire: AiohttpTransport, tmp_path: Path
) -> None:
    async with scripted_socket([FINE], _untrusted(tmp_path)) as heard:
        with pytest.raises(httpx2.ConnectError):
            await wire.handle_async_request(asking(heard, scheme="https"))
    assert heard.requests == []


@pytest.mark.parametrize("method", ["POST", "GET"])
async def test_a_closed_connection_is_not_asked_again(wire: AiohttpTransport, method: str) -> None:
    async with scripted_socket([FINE, CLOSE, FINE]) as heard:
        await read(await wire.handle_async_request(asking(heard)))
        with pytest.raises(httpx2.ReadError):
            await wire.handle_async_request(asking(heard, method))
        assert len(heard.requests) == 2


async def test_silence_is_a_timeout_of_reading(wire: AiohttpTransport) -> None:
    async with scripted_socket([SILENCE]) as heard:
        with pytest.raises(httpx2.ReadTimeout):
            await wire.handle_async_request(asking(heard, read=SOON))


async def test_silence_inside_an_answer_is_one_too(wire: AiohttpTransport) -> None:
    half = b"HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nfi"
    stall = asyncio.Event()

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(half)
        await stall.wait()
        writer.close()

    async with await asyncio.start_server(serve, "127.0.0.1", 0) as server:
        heard = Heard(server.sockets[0].getsockname()[1])
        response = await wire.handle_async_request(asking(heard))
        Forward(asyncio.get_running_loop())(LONG)
        with pytest.raises(httpx2.ReadTimeout):
            await response.aread()
        await response.aclose()
        stall.set()


@pytest.mark.parametrize(
    "half",
    [
        b"HTTP/1.1 200 OK\r\ncontent-length: 40\r\n\r\nfine",
        b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n4\r\nfine\r\n",
    ],
)
async def test_an_answer_that_breaks_off_is_an_error(wire: AiohttpTransport, half: bytes) -> None:
    async with scripted_socket([half]) as heard:
        response = await wire.handle_async_request(asking(heard))
        with pytest.raises(httpx2.ReadError):
            await response.aread()
        await response.aclose()


async def test_what_is_no_http_is_an_error(wire: AiohttpTransport) -> None:
    async with scripted_socket([b"SSH-2.0-nobody\r\n\r\n"]) as heard:
        with pytest.raises(httpx2.RemoteProtocolError):
            await wire.handle_async_request(asking(heard))
    assert len(heard.requests) == 1


async def test_headers_without_end_are_an_error(wire: AiohttpTransport) -> None:
    long = b"HTTP/1.1 200 OK\r\nx: " + b"a" * 100_000 + b"\r\ncontent-length: 0\r\n\r\n"
    async with scripted_socket([long]) as heard:
        with pytest.raises(httpx2.RemoteProtocolError):
            await wire.handle_async_request(asking(heard))


def _untrusted(folder: Path) -> ssl.SSLContext:
    """A server's side with a certificate that nobody vouches for."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "provider")])
    now = datetime.datetime.now(datetime.UTC)
    address = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now)
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(address, critical=False)
        .sign(key, hashes.SHA256())
    )
    plain = serialization.NoEncryption()
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, plain
    ) + made.public_bytes(serialization.Encoding.PEM)
    (folder / "server.pem").write_bytes(pem)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(folder / "server.pem")
    return context
