"""The forward proxy of the package proxy.py, for a network in which it alone knows names: whatever is named, and is no
address, is the server on a port of loopback. Names that begin with `nowhere.` are nobody's.

    forward_proxy.py PORT [USER:PASSWORD]

Each connection that it makes stands in a line on standard error: method, host and port as asked for."""

import ipaddress
import sys

import parent
import proxy
from proxy.http.exception import HttpRequestRejected
from proxy.http.proxy import HttpProxyBasePlugin

TARGET = int(sys.argv[1])


def is_address(host):
    try:
        ipaddress.ip_address(host.strip("[]"))
    except ValueError:
        return False
    return True


class AllNamesAreHere(HttpProxyBasePlugin):
    def before_upstream_connection(self, request):
        host = request.host.decode()
        print(request.method.decode(), f"{host}:{request.port}", file=sys.stderr, flush=True)
        if host.startswith("nowhere."):
            raise HttpRequestRejected(status_code=502, reason=b"Bad Gateway")
        if not is_address(host):
            request.host, request.port = b"127.0.0.1", TARGET
        return request


arguments = ["--hostname", "127.0.0.1", "--port", "0", "--num-workers", "1", "--num-acceptors", "1", "--log-level", "e"]
if len(sys.argv) > 2:
    arguments += ["--basic-auth", sys.argv[2]]
if __name__ == "__main__":
    with proxy.Proxy(arguments, plugins=[b"__main__.AllNamesAreHere"]) as server:
        parent.announce(server.flags.port)
        while sys.stdin.buffer.read(4096):
            pass
