"""Stands before an adapter and takes one of the host's duties away, so that a test sees the kit find it:
broken_host.py DUTY ADAPTER…
"""

import http.client
import http.server
import json
import os
import subprocess
import sys
import threading
import urllib.parse

ENORMOUS = 1 << 30


def of_calls(duty: str, call: dict) -> dict:
    """The call as a host without this duty would make it."""
    args = call["args"]
    if duty == "account" and "account" in args:
        args["account"]["id"] = "111122223333"
    if duty == "limits" and call["call"] == "open":
        args["run"]["limits"].update({"response-bytes": ENORMOUS, "batch-bytes": ENORMOUS})
    if duty == "cursor" and call["call"] == "open":
        args["run"]["limits"]["cursor-bytes"] = ENORMOUS
    if duty == "secrets" and call["call"] == "open":
        print(f"opening a run with {args['external-id']}", file=sys.stderr, flush=True)
    if duty == "guard" and "DeleteQueue" in json.dumps(args):
        where = urllib.parse.urlsplit(os.environ["AWS_ENDPOINT_URL"])
        aws = http.client.HTTPConnection(where.netloc)
        aws.request("POST", "/", "{}", {"x-amz-target": "AmazonSQS.DeleteQueue"})
        aws.getresponse().read()
    return call


def of_answers(duty: str, answer: dict) -> dict:
    """The answer as a host without this duty would give it."""
    page = answer.get("ok") or {}
    if duty == "whole" and "whole" in page:
        page["whole"] = True
    if duty == "fresh" and "resources" in page:
        page["resources"] = page["resources"].replace('"remembered":""', '"remembered":"before"')
    return answer


class Meddling(http.server.BaseHTTPRequestHandler):
    """Changes what was signed, on its way to AWS."""

    protocol_version = "HTTP/1.1"
    aws = ""

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name: value for name, value in self.headers.items() if name.lower() != "content-length"}
        if "x-amz-target" in self.headers:
            body += b" "
        connection = http.client.HTTPConnection(self.aws)
        connection.request("POST", self.path, body, headers)
        answer = connection.getresponse()
        text = answer.read()
        self.send_response_only(answer.status)
        for name, value in [*answer.getheaders(), ("connection", "close")]:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(text)
        self.close_connection = True

    def log_message(self, *_: object) -> None:
        pass


def main(duty: str, command: list[str]) -> None:
    environment = dict(os.environ)
    if duty == "signature":
        Meddling.aws = urllib.parse.urlsplit(environment["AWS_ENDPOINT_URL"]).netloc
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Meddling)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        environment["AWS_ENDPOINT_URL"] = f"http://127.0.0.1:{server.server_address[1]}"
    host = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, env=environment)

    def give() -> None:
        for line in host.stdout:
            print(json.dumps(of_answers(duty, json.loads(line))), flush=True)

    giving = threading.Thread(target=give)
    giving.start()
    for line in sys.stdin:
        host.stdin.write(json.dumps(of_calls(duty, json.loads(line))) + "\n")
        host.stdin.flush()
    host.stdin.close()
    host.wait()
    giving.join()


main(sys.argv[1], sys.argv[2:])
