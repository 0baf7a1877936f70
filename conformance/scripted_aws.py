"""An AWS that answers as a case says, on loopback: it checks every signature and writes down all that arrives.

Sessions are its own: AssumeRole gives `ASIA<account><number>`, so that a request tells by its key whose role signed it, and as
which of that role's sessions. Python's standard library only.
"""

import datetime
import email.utils
import hashlib
import http.server
import socket
import struct
import threading
import time
import urllib.parse

from signature import faults_of, scope_of

SOURCE_KEY = "AKIACONFORMANCEKIT00"
SOURCE_ACCOUNT = "100000000000"
EXTERNAL_ID = "external-id-7f3a9c51d2"
# No case waits for longer: what is held back longer is the host's own timeout.
HELD_MAX_S = 40
# What the clock of AWS is ahead where a case says so.
AHEAD_S = 600


def secret_of(key: str) -> str:
    """The secret of an access key: nobody can guess it, and everybody here can compute it."""
    return "sk" + hashlib.sha256(b"secret of " + key.encode()).hexdigest()[:38]


def token_of(key: str) -> str:
    return "" if key == SOURCE_KEY else "token" + hashlib.sha256(b"token of " + key.encode()).hexdigest()


def account_of(key: str) -> str:
    return SOURCE_ACCOUNT if key == SOURCE_KEY else key[4:16]


class Seen(dict):
    """A request as it arrived: method, target, headers, body, account, session, scope, faults, at."""


class ScriptedAws:
    """The server; `script` sets what is answered next, `seen` is what has arrived since."""

    def __init__(self) -> None:
        self.lock = threading.Condition()
        self.sessions: dict[str, int] = {}
        self.script([])
        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.aws = self
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    def script(self, answers: list[dict], denied: tuple[str, ...] = ()) -> None:
        """What is answered from now on: the first answer that fits and is not used up. `denied`: accounts without a session."""
        with self.lock:
            self.answers = [dict(answer) for answer in answers]
            self.denied = denied
            self.seen: list[Seen] = []
            self.assumed: list[str] = []
            self.faults: list[str] = []
            self.lock.notify_all()

    def secrets(self) -> set[str]:
        """All that may never leave a host: the keys' secrets, tokens, the external id."""
        keys = [SOURCE_KEY] + [f"ASIA{account}{n:04}" for account, last in self.sessions.items() for n in range(1, last + 1)]
        return {EXTERNAL_ID, *map(secret_of, keys), *(token_of(key) for key in keys if token_of(key))}

    def is_known(self, key: str) -> bool:
        number = key[16:]
        return key == SOURCE_KEY or (number.isdigit() and 1 <= int(number) <= self.sessions.get(key[4:16], 0))

    def take(self, seen: Seen) -> dict:
        """The answer to a request, which is written down. `wait_for` holds it until so many have arrived."""
        with self.lock:
            self.seen.append(seen)
            self.lock.notify_all()
            fits = (a for a in self.answers if (a.get("always") or a.get("times", 1) > 0) and all(
                part in str(seen[name]) for name, part in a.get("when", {}).items()))
            answer = next(fits, None)
            if answer is None:
                return {"status": 418, "body": '{"__type":"NobodyExpectedThisRequest","message":"the case has no answer for it"}'}
            answer["times"] = answer.get("times", 1) - 1
            count, answers = answer.get("wait_for", 0), self.answers
            self.lock.wait_for(lambda: len(self.seen) >= count or len(self.script_of(answers)) == 0, HELD_MAX_S)
            if answer.get("hang"):
                self.lock.wait_for(lambda: len(self.script_of(answers)) == 0, HELD_MAX_S)
            return answer

    def script_of(self, answers: list[dict]) -> list[dict]:
        """The script, if it still is that one: a case that is over lets go of what it holds."""
        return answers if answers is self.answers else []

    def sts(self, form: dict[str, str], key: str) -> tuple[int, str]:
        """AWS's answer to a call of the host's own to STS."""
        if form.get("Action") == "GetCallerIdentity":
            arn = f"arn:aws:iam::{SOURCE_ACCOUNT}:user/conformance"
            if key != SOURCE_KEY:
                arn = f"arn:aws:sts::{account_of(key)}:assumed-role/Conformance/kit"
            return 200, sts_answer("GetCallerIdentity", f"<Arn>{arn}</Arn><UserId>AIDAKIT</UserId><Account>{account_of(key)}</Account>")
        role = form.get("RoleArn", "")
        account = role.split(":")[4] if role.count(":") >= 5 else ""
        with self.lock:
            self.assumed.append(role)
            wrong = account in self.denied or form.get("ExternalId") != EXTERNAL_ID or form.get("Action") != "AssumeRole"
            if not wrong:
                self.sessions[account] = self.sessions.get(account, 0) + 1
            number = self.sessions.get(account, 0)
        if wrong:
            return 403, ('<ErrorResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><Error><Type>Sender</Type><Code>AccessDenied</Code>'
                         f"<Message>User is not authorized to perform: sts:AssumeRole on resource: {role}</Message></Error>"
                         "<RequestId>kit-sts</RequestId></ErrorResponse>")
        key = f"ASIA{account}{number:04}"
        until = (datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(hours=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
        name = role.rsplit("/", 1)[-1]
        return 200, sts_answer("AssumeRole", (
            f"<AssumedRoleUser><AssumedRoleId>AROAKIT:kit</AssumedRoleId><Arn>arn:aws:sts::{account}:assumed-role/{name}/kit</Arn></AssumedRoleUser>"
            f"<Credentials><AccessKeyId>{key}</AccessKeyId><SecretAccessKey>{secret_of(key)}</SecretAccessKey>"
            f"<SessionToken>{token_of(key)}</SessionToken><Expiration>{until}</Expiration></Credentials>"))

    def stop(self) -> None:
        self.script([])
        self.server.shutdown()
        self.server.server_close()


def sts_answer(action: str, result: str) -> str:
    return (f'<{action}Response xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><{action}Result>{result}</{action}Result>'
            f"<ResponseMetadata><RequestId>kit-sts</RequestId></ResponseMetadata></{action}Response>")


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128
    aws: ScriptedAws

    def handle_error(self, *_: object) -> None:
        """A host that hangs up, over an answer that is too large or too late, is no news: what it says of it is."""


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    # Nobody waits for a host that opened a connection and forgot it.
    timeout = 120

    def log_message(self, *_: object) -> None:
        pass

    def handle_any(self) -> None:
        aws = self.server.aws
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = [(name.lower(), value) for name, value in self.headers.items()]
        key, scope = scope_of(dict(headers).get("authorization", ""))
        faults = faults_of(self.command, self.path, headers, body, key, secret_of(key) if aws.is_known(key) else None)
        if token_of(key) != dict(headers).get("x-amz-security-token", ""):
            faults.append("the security token is not that of the session whose key signed")
        form = dict(urllib.parse.parse_qsl(body.decode("utf-8", "replace")))
        if scope.endswith("/sts"):
            # The host's own way to its sessions. A guest gets no request to STS past the guard.
            aws.faults.extend(faults)
            status, text = aws.sts(form, key)
            return self.answer({"status": status, "body": text, "headers": {"content-type": "text/xml"}}, "")
        signed_at = dict(headers).get("x-amz-date", "")
        seen = Seen(method=self.command, target=self.path, headers=dict(headers), body=body.decode("utf-8", "replace"),
                    account=account_of(key), session=key[16:] if key != SOURCE_KEY else "source", scope=scope, faults=faults,
                    at=time.monotonic(), ahead_s=ahead_of_now(signed_at))
        return self.answer(aws.take(seen), signed_at)

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = do_PATCH = do_OPTIONS = handle_any

    def answer(self, answer: dict, signed_at: str) -> None:
        time.sleep(answer.get("delay_ms", 0) / 1000)
        if answer.get("reset"):
            # An immediate RST, without a word.
            self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            self.close_connection = True
            return self.connection.close()
        now = datetime.datetime.now(datetime.timezone.utc)
        later = now + datetime.timedelta(seconds=AHEAD_S)
        words = {"@SIGNED@": signed_at, "@LATER@": later.strftime("%Y%m%dT%H%M%SZ"), "@LATER-DATE@": email.utils.format_datetime(later, usegmt=True)}
        body = bytes_of(answer.get("body", "{}"), words)
        headers = {"content-type": "application/x-amz-json-1.0", "x-amzn-requestid": "kit-request",
                   "date": email.utils.format_datetime(now, usegmt=True), **answer.get("headers", {})}
        length = len(body) + (100 if answer.get("cut") else 0)
        self.send_response_only(answer.get("status", 200))
        for name, value in headers.items():
            self.send_header(name, words.get(value, value))
        self.send_header("content-length", str(length))
        if answer.get("cut"):
            self.close_connection = True
            self.send_header("connection", "close")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)


def bytes_of(body: "str | dict", words: dict[str, str]) -> bytes:
    """A body: text, `{"text", "times"}` for a long one, `{"hex"}` for one that is no text."""
    if isinstance(body, str):
        for word, value in words.items():
            body = body.replace(word, value)
        return body.encode()
    if "hex" in body:
        return bytes.fromhex(body["hex"])
    return (body["text"] * body["times"]).encode()


def ahead_of_now(signed_at: str) -> float:
    """How far the time of a signature is ahead of the clock, in seconds."""
    try:
        then = datetime.datetime.strptime(signed_at, "%Y%m%dT%H%M%SZ").replace(tzinfo=datetime.timezone.utc)
    except ValueError:
        return float("nan")
    return (then - datetime.datetime.now(datetime.timezone.utc)).total_seconds()
