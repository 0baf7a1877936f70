"""One exchange against servers that nobody would want."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from portolan.endpoints import override
from portolan.errors import ConfigurationError
from portolan.transport import Answer, ExchangeFailed, Transport


@contextmanager
def server(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """Takes connections one after the other, reads a request's head, and answers as it is told."""
    listening = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        while True:
            try:
                connection, _ = listening.accept()
            except OSError:
                return
            with connection:
                asked.append(connection.recv(65536))
                try:
                    answer(connection)
                except OSError:
                    continue

    asked: list[bytes] = []
    threading.Thread(target=serve, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    finally:
        listening.close()


def saying(*parts: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(b"".join(parts))


def send(base: str, body_bytes: int = 1000, timeout_s: float = 5.0) -> Answer:
    return Transport(connect_s=1, timeout_s=timeout_s, connections=1).send("GET", base, "/", [], b"", body_bytes)


def failure(answer: Callable[[socket.socket], None], body_bytes: int = 1000, timeout_s: float = 5.0) -> ExchangeFailed:
    with server(answer) as base, pytest.raises(ExchangeFailed) as failed:
        send(base, body_bytes, timeout_s)
    return failed.value


def test_a_redirect_is_an_answer() -> None:
    with server(saying(b"HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/\r\nContent-Length: 2\r\n\r\nhi")) as base:
        answer = send(base)
    assert (answer.status, answer.body, answer.header("location")) == (302, b"hi", "http://169.254.169.254/")


def test_headers_cross_as_printable_text() -> None:
    with server(saying(b"HTTP/1.1 200 OK\r\nX-Name: Gr\xc3\xb6\xc3\x9fe\x7f\r\nX-Twice: a\r\nX-Twice: b\r\nContent-Length: 0\r\n\r\n")) as base:
        answer = send(base)
    assert ("x-name", "Gr%C3%B6%C3%9Fe%7F") in answer.headers
    assert [value for name, value in answer.headers if name == "x-twice"] in (["a", "b"], ["a, b"])


@pytest.mark.parametrize("framing", [b"Content-Length: 5000", b"Transfer-Encoding: chunked", b"Connection: close"])
def test_a_large_answer_is_given_up_while_it_is_read(framing: bytes) -> None:
    body = b"x" * 5000
    if b"chunked" in framing:
        body = b"1388\r\n" + body + b"\r\n0\r\n\r\n"
    failed = failure(saying(b"HTTP/1.1 200 OK\r\n", framing, b"\r\n\r\n", body))
    assert failed.failure == "too-large"
    assert "1000 bytes" in str(failed)


@pytest.mark.parametrize(
    "text",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
        b"not http at all\r\n\r\n",
        b"",
    ],
)
def test_an_answer_that_is_cut_short_is_broken(text: bytes) -> None:
    assert failure(saying(text)).failure == "broken"


def test_a_server_that_trickles_is_given_up_in_time() -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n")
        for _ in range(100):
            connection.sendall(b"x")
            time.sleep(0.1)

    began = time.monotonic()
    assert failure(trickle, timeout_s=1.0).failure == "timed-out"
    assert time.monotonic() - began < 4


def test_a_server_that_says_nothing_is_given_up_in_time() -> None:
    began = time.monotonic()
    assert failure(lambda connection: time.sleep(6), timeout_s=0.5).failure == "timed-out"
    assert time.monotonic() - began < 4


def test_nobody_there() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    with pytest.raises(ExchangeFailed) as failed:
        send(f"http://127.0.0.1:{port}")
    assert failed.value.failure == "unreachable"
    assert "refused" in str(failed.value)
    with pytest.raises(ExchangeFailed) as failed:
        send("http://no-such-host.invalid")
    assert failed.value.failure == "unresolved"


def test_a_certificate_that_nobody_knows_is_refused() -> None:
    with server(saying(b"\x16\x03\x01\x00\x01\x02")) as base, pytest.raises(ExchangeFailed) as failed:
        send(base.replace("http:", "https:"))
    assert failed.value.failure == "unreachable"


def test_where_all_calls_may_go() -> None:
    assert override("http://127.0.0.1:5000/", "env", {}) == "http://127.0.0.1:5000"
    assert override("https://vpce.example", "env", {}) == "https://vpce.example"
    assert override(None, "env", {}) is None
    assert override(None, "env", {"AWS_ENDPOINT_URL": "http://localhost:1"}) == "http://localhost:1"
    assert override(None, "env", {"AWS_ENDPOINT_URL": "http://localhost:1", "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true"}) is None
    for wrong in ("http://aws.example", "ftp://127.0.0.1", "https://user:secret@aws.example", "https://aws.example/path", "aws.example", ""):
        with pytest.raises(ConfigurationError) as refused:
            override(wrong, "env", {})
        assert "secret" not in str(refused.value)
    # A machine's credentials go to AWS or stay on the machine.
    for source in ("container-role", "iam-role"):
        assert override("http://127.0.0.1:5000", source, {})
        with pytest.raises(ConfigurationError, match="not sent to"):
            override("https://collector.example", source, {})
