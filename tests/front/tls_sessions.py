"""A server of HTTP/1.1 over TLS that closes each connection after its answer, and answers whether the TLS session of the
connection was resumed: Python's own ssl, which is OpenSSL.

    tls_sessions.py FILE

FILE gets the certificate authority."""

import http.server
import ssl
import sys

import parent
import trustme


class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        body = str(self.connection.session_reused).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


authority = trustme.CA()
authority.cert_pem.write_to_path(sys.argv[1])
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
authority.issue_cert("localhost", "127.0.0.1").configure_cert(context)
server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
server.socket = context.wrap_socket(server.socket, server_side=True)
server.daemon_threads = True
parent.follow()
parent.announce(server.server_address[1])
server.serve_forever()
