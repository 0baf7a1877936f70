"""A receiver of webhooks: verifies each request with the code of docs/webhook.md, keeps what it accepts, and answers as
its rules say.

    webhook.py SECRET DOCUMENT [PORT]

A rule is used where all its conditions hold, the first that fits:
    over N      the request has more than N changes        holds TEXT    its body has this text
    after N     N requests were accepted since the rules were set
and says what to do: status, headers, body; `times` limits how often. `hang` keeps the request, and gives no answer.
"""

import http.server
import json
import re
import sys
import threading

import parent

parent.follow()
SECRET, DOCUMENT = sys.argv[1].encode(), sys.argv[2]
with open(DOCUMENT, encoding="utf-8") as document:
    documented = {}
    exec(re.search(r"```python\n(.*?)```", document.read(), re.S)[1], documented)
LOCK = threading.Lock()
STATE = {"rules": [], "accepted": 0, "requests": [], "store": {}}


def rule_for(changes, body):
    for rule in STATE["rules"]:
        fits = changes > rule.get("over", -1) and rule.get("holds", "").encode() in body
        if fits and STATE["accepted"] >= rule.get("after", 0) and rule.get("times", 1) > 0:
            if "times" in rule:
                rule["times"] -= 1
            return rule
    return {}


def keep(batch):
    STATE["accepted"] += 1
    for upsert in batch["upserts"]:
        STATE["store"][upsert["key"]] = upsert
    for deletion in batch["deletions"]:
        STATE["store"].pop(deletion["key"], None)


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *_):
        pass

    def answer(self, status, body=b"", headers=()):
        self.send_response(status)
        for name, value in headers:
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        with LOCK:
            self.answer(200, json.dumps(STATE).encode())

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/_rules":
            with LOCK:
                STATE.update(rules=json.loads(body), accepted=0, requests=[])
            return self.answer(200, b"{}")
        batch = json.loads(body)
        request = {
            "verified": documented["verify"](SECRET, self.headers, body),
            "forged": documented["verify"](SECRET, self.headers, body + b" "),
            "path": self.path,
            "content_type": self.headers["Content-Type"],
            "idempotency_key": self.headers["Idempotency-Key"],
            "schema": batch["schema"],
            "run_id": batch["run_id"],
            "upserts": [upsert["key"] for upsert in batch["upserts"]],
            "deletions": [deletion["key"] for deletion in batch["deletions"]],
        }
        with LOCK:
            rule = rule_for(len(batch["upserts"]) + len(batch["deletions"]), body)
            status = rule.get("status", 200)
            request["status"] = status
            STATE["requests"].append(request)
            if status < 300:
                keep(batch)
        if rule.get("hang"):
            threading.Event().wait()
        self.answer(status, rule.get("body", "").encode(), rule.get("headers", {}).items())


port = int(sys.argv[3]) if len(sys.argv) > 3 else 0
server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Handler)
server.daemon_threads = True
parent.announce(server.server_address[1])
server.serve_forever()
