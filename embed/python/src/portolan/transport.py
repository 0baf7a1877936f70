"""One exchange over the network: no redirects, no retries, no proxies, no decompression; limited in time and in bytes."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Literal

import urllib3
from urllib3.exceptions import (
    ConnectTimeoutError,
    HTTPError,
    NameResolutionError,
    NewConnectionError,
    ReadTimeoutError,
    SSLError,
)

_CHUNK = 64 << 10
_HOSTS = 256
"""Hosts whose connections are kept: some services in some dozen regions."""
USER_AGENT = "portolan-python"

Failure = Literal["unresolved", "unreachable", "broken", "timed-out", "too-large"]


class ExchangeFailed(Exception):
    """There is no answer. The text names the host and nothing of the request."""

    def __init__(self, failure: Failure, message: str) -> None:
        self.failure: Failure = failure
        super().__init__(message)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whatever its status."""

    status: int
    headers: list[tuple[str, str]]
    """Names in lower case; bytes outside ASCII percent-encoded."""
    body: bytes

    def header(self, name: str) -> str | None:
        """The first of this name."""
        return next((value for given, value in self.headers if given == name), None)


class Transport:
    """Sends requests. May be called from any thread."""

    def __init__(self, *, connect_s: float, timeout_s: float, connections: int, ca_bundle: str | None = None) -> None:
        self._connect_s = connect_s
        self._timeout_s = timeout_s
        self._pools = urllib3.PoolManager(num_pools=_HOSTS, maxsize=connections, ca_certs=ca_bundle, cert_reqs="CERT_REQUIRED")

    def send(self, method: str, base: str, target: str, headers: list[tuple[str, str]], body: bytes, body_bytes: int) -> Answer:
        """Sends once and reads the whole answer, at most `body_bytes` of it. Raises `ExchangeFailed`."""
        host = base.partition("://")[2]
        end = time.monotonic() + self._timeout_s
        sent = urllib3.HTTPHeaderDict(headers)
        sent["user-agent"] = USER_AGENT
        sent["accept-encoding"] = "identity"
        try:
            response = self._pools.connection_from_url(base).urlopen(
                method,
                target,
                body=body if method == "POST" else None,
                headers=sent,
                retries=False,
                redirect=False,
                preload_content=False,
                decode_content=False,
                timeout=urllib3.Timeout(connect=self._connect_s, read=self._timeout_s),
            )
        except Exception as error:
            raise self._failed(error, host) from None
        whole = False
        try:
            read = self._read(response, host, body_bytes, end)
            whole = True
        except ExchangeFailed:
            raise
        except Exception as error:
            raise self._failed(error, host) from None
        finally:
            if whole:
                response.release_conn()
            else:
                response.close()
        return Answer(response.status, [(name.lower(), _readable(value)) for name, value in response.headers.items()], read)

    def _read(self, response: urllib3.BaseHTTPResponse, host: str, body_bytes: int, end: float) -> bytes:
        too_large = ExchangeFailed("too-large", f"the answer of {host} is larger than {body_bytes} bytes")
        # What the header promises is only for giving up early; what is read is what counts.
        promised = response.headers.get("content-length", "")
        if promised.isdecimal() and int(promised) > body_bytes:
            raise too_large
        read = bytearray()
        while True:
            left = end - time.monotonic()
            if left <= 0:
                raise ExchangeFailed("timed-out", f"{host} did not answer whole within {self._timeout_s:g} s")
            self._wait_at_most(response, left)
            chunk = response.read1(_CHUNK, decode_content=False)
            if not chunk:
                return bytes(read)
            if len(read) + len(chunk) > body_bytes:
                raise too_large
            read += chunk

    @staticmethod
    def _wait_at_most(response: urllib3.BaseHTTPResponse, seconds: float) -> None:
        """The time for one read is what is left for all of them. A response that was read whole has no connection."""
        connection = getattr(response, "_connection", None)
        socket = getattr(connection, "sock", None)
        if socket is not None:
            socket.settimeout(seconds)

    def _failed(self, error: Exception, host: str) -> ExchangeFailed:
        match error:
            case NameResolutionError():
                return ExchangeFailed("unresolved", f"{host} does not resolve")
            # Before the next: it is one of those for urllib3.
            case NewConnectionError() | SSLError():
                return ExchangeFailed("unreachable", f"{host} takes no connection: {_cause(error)}")
            case ConnectTimeoutError():
                return ExchangeFailed("timed-out", f"{host} took no connection within {self._connect_s:g} s")
            case ReadTimeoutError() | TimeoutError():
                return ExchangeFailed("timed-out", f"{host} did not answer within {self._timeout_s:g} s")
            case HTTPError() | OSError():
                return ExchangeFailed("broken", f"the connection to {host} broke: {_cause(error)}")
        return ExchangeFailed("broken", f"the request to {host} failed: {type(error).__name__}")

    def close(self) -> None:
        """Closes the connections that are idle."""
        self._pools.clear()


def _readable(value: str) -> str:
    """Header values may hold any bytes, which Python reads as Latin-1; what is not printable ASCII crosses percent-encoded."""
    return "".join(c if " " <= c <= "~" else "".join(f"%{byte:02X}" for byte in c.encode("latin-1", "replace")) for c in value)


def _cause(error: BaseException) -> str:
    """The system's own words, or the name of what went wrong: texts of urllib3 carry addresses of objects."""
    inner: BaseException | None = error
    while inner is not None:
        if isinstance(inner, OSError) and inner.strerror:
            return inner.strerror
        inner = inner.__cause__ or inner.__context__
    return type(error).__name__
