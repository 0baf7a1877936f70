"""TLS and HTTP/2, by hypercorn, before a server that speaks plain HTTP/1.1: the authority of HTTP/2 becomes its Host, and
what is signed stays as it was signed. Answers are packed by gzip where the client takes that.

    http2_server.py ADDRESS FILE

It listens on IPv6's loopback. FILE gets the certificate authority. `GET /__seen` says how many requests came by version of HTTP, which encodings were
accepted, and how many signatures cover that header."""

import asyncio
import collections
import gzip
import http.client
import json
import os
import socket
import sys
import tempfile

import parent
import trustme
from hypercorn.asyncio import serve
from hypercorn.config import Config

UPSTREAM = sys.argv[1].removeprefix("http://")
SEEN = collections.Counter()


def ask(method, target, headers, body):
    connection = http.client.HTTPConnection(UPSTREAM, timeout=60)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    for name, value in headers:
        connection.putheader(name, value)
    if body or method == "POST":
        connection.putheader("content-length", str(len(body)))
    connection.endheaders(body or None)
    answer = connection.getresponse()
    body = answer.read()
    connection.close()
    return answer.status, answer.getheaders(), body


async def app(scope, receive, send):
    if scope["type"] != "http":
        return
    body = b""
    while True:
        event = await receive()
        if event["type"] == "http.disconnect":
            return
        body += event.get("body", b"")
        if not event.get("more_body"):
            break
    headers = [(name.decode(), value.decode()) for name, value in scope["headers"]]
    given = dict(headers)
    target = scope["raw_path"].decode() + (f"?{scope['query_string'].decode()}" if scope["query_string"] else "")
    if target == "/__seen":
        status, out, body = 200, [], json.dumps(SEEN).encode()
    else:
        SEEN[f"http/{scope['http_version']}"] += 1
        SEEN[f"accepts {given.get('accept-encoding')}"] += 1
        SEEN["signed encodings"] += "accept-encoding" in given.get("authorization", "")
        passed = [(name, value) for name, value in headers if name not in ("content-length", "accept-encoding")]
        status, out, body = await asyncio.to_thread(ask, scope["method"], target, passed, body)
    drop = ("content-length", "transfer-encoding", "connection", "date", "server")
    out = [(name.lower().encode(), value.encode()) for name, value in out if name.lower() not in drop]
    if body and "gzip" in given.get("accept-encoding", ""):
        body = gzip.compress(body, 1)
        out.append((b"content-encoding", b"gzip"))
    out.append((b"content-length", str(len(body)).encode()))
    await send({"type": "http.response.start", "status": status, "headers": out})
    await send({"type": "http.response.body", "body": body})


authority = trustme.CA()
authority.cert_pem.write_to_path(sys.argv[2])
certificate = authority.issue_cert("::1")
listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
config = Config()
config.bind = [f"fd://{listener.fileno()}"]
config.graceful_timeout = 0
# GOAWAY comes after so many, in the middle of whatever is going on.
config.keep_alive_max_requests = 80
with tempfile.TemporaryDirectory() as folder:
    config.certfile, config.keyfile = os.path.join(folder, "certificate"), os.path.join(folder, "key")
    certificate.private_key_pem.write_to_path(config.keyfile)
    for pem in certificate.cert_chain_pems:
        pem.write_to_path(config.certfile, append=True)
    ssl_context = config.create_ssl_context()
config.create_ssl_context = lambda: ssl_context
parent.follow()
parent.announce(listener.getsockname()[1])
asyncio.run(serve(app, config))
