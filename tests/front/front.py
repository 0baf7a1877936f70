"""The front for moto: what AWS does and moto does not.

It stands between the program under test and moto's server. Every request's signature is recomputed by botocore; calls
are denied, throttled, delayed, paged and spoiled as tests ask for; what moto lacks is answered here. Tests read and set
its state under /_front/ (see control.py). usage: front.py MOTO_URL
"""

import asyncio
import datetime
import re
import sys
import time

import aiohttp
import yarl
from aiohttp import web

import answer as answers
import cloudcontrol
import identity
import missing
import organizations
import paging
import parent
import regions
import rules
import signature
import simulate
import storage
import sts
import wire
from control import Control

# Headers that belong to one connection, and not to the message.
HOP = ("connection", "content-length", "host", "keep-alive", "transfer-encoding", "accept-encoding", "content-encoding", "date", "server")
UNKNOWN_KEY = {
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials"),
    "query": ("InvalidClientTokenId", "The security token included in the request is invalid."),
    "rest-xml": ("InvalidAccessKeyId", "The AWS Access Key Id you provided does not exist in our records."),
}
# moto says "now" each time it is asked, so that no two answers agree; AWS says the same for minutes.
RESTORABLE = re.compile(rb"(?<=<LatestRestorableTime>)[^<]+")
RESTORABLE_AT = b"2026-01-02T03:04:05.678Z"
# Operations that give pages without being asked for any.
PAGE_SIZES = {"cloudcontrol:ListResources": cloudcontrol.PAGE_SIZE}
EXPIRED = {"ec2": "RequestExpired", "query": "ExpiredToken"}


class Front:
    def __init__(self, moto):
        self.moto = moto
        self.session = None
        self.identities = identity.Identities()
        self.sts = sts.Sts(self.identities)
        self.regions = regions.Regions()
        self.rules = rules.Rules()
        self.organization = organizations.Overrides()
        self.buckets = storage.Buckets()
        self.cloud_control = cloudcontrol.CloudControl()
        self.page_sizes = {}
        self.clock_offset_s = 0
        self.calls = []
        self.mismatches = []
        self.in_flight = 0
        self.in_flight_max = 0

    def now(self):
        return datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=self.clock_offset_s)

    async def handle(self, request):
        if request.path.startswith("/_front/"):
            return await Control(self).handle(request)
        body = await request.read()
        headers = [(name.decode(), value.decode("utf-8", "surrogateescape")) for name, value in request.raw_headers]
        call = wire.read(len(self.calls) + 1, request.method, request.raw_path, headers, body)
        entry = {"number": call.number}
        started = time.monotonic()
        self.calls.append(entry)
        # Sessions are opened beside the reads, out of a bucket of their own.
        weight = 0 if call.service == "sts" else 1
        self.in_flight += weight
        self.in_flight_max = max(self.in_flight_max, self.in_flight)
        try:
            answer = await self.answer(call)
        finally:
            self.in_flight -= weight
        entry["ms"] = round((time.monotonic() - started) * 1000, 1)
        self.log(entry, call, answer)
        return await self.send(request, answer)

    async def answer(self, call):
        if not call.service or not call.operation:
            return answers.Answer(404, {"Content-Type": "text/html"}, b"<html><title>404 Not Found</title></html>", code="unreadable")
        refused = self.authenticate(call)
        if refused:
            return refused
        wait, rule = self.rules.take(call)
        if wait:
            await asyncio.sleep(wait / 1000)
        if rule and rule["do"] in rules.BEFORE:
            return rules.before(call, rule)
        fault = rule["do"] if rule else None
        answer = self.regions.closed(call) or self.unpermitted(call) or await self.served(call, fault if fault in ("repeat-token", "endless-tokens") else None)
        return rules.after(call, rule, answer) if rule else answer

    def authenticate(self, call):
        """Finds the caller and checks the signature; the refusal, or None."""
        if call.operation == sts.WEB:
            call.note["signature"] = "unsigned"
            return None
        key = self.identities.keys.get(call.key_id)
        if key is None:
            call.note["signature"] = "unknown key" if call.key_id else "unsigned"
            code, message = UNKNOWN_KEY.get(call.protocol, ("UnrecognizedClientException", "The security token included in the request is invalid."))
            return answers.error(call, code, message)
        call.account, call.principal = key.account, key.arn
        now = self.now()
        complaint = signature.complaint(call, key.secret, key.token, now)
        if complaint:
            call.note["signature"] = f"{complaint[0]}: {complaint[1]}"
            self.mismatches.append(f"{call.service}:{call.operation} {call.method} {call.target}: {call.note['signature']}")
            code = complaint[0]
            if call.protocol == "ec2":
                code = "AuthFailure"
            elif call.protocol == "query" and code == "InvalidSignatureException":
                code = "SignatureDoesNotMatch"
            return answers.error(call, code, complaint[1], 403)
        call.note["signature"] = "ok"
        if key.expires and key.expires <= now:
            code = EXPIRED.get(call.protocol, "ExpiredTokenException")
            return answers.error(call, code, "The security token included in the request is expired")
        return None

    def unpermitted(self, call):
        """The denial by the policies over the caller's key, or None; STS asks for itself."""
        key = self.identities.keys.get(call.key_id)
        if key is None or call.operation in ("AssumeRole", sts.WEB):
            return None
        kind = call.input.get("TypeName") if call.service == "cloudcontrol" else None
        return self.identities.refuse(call, key, self.now(), kind, cloudcontrol.handler_actions(call))

    async def served(self, call, fault):
        """The answer of the front where moto has none or a wrong one, else moto's, paged and mended."""
        what = f"{call.service}:{call.operation}"
        if what == "sts:GetCallerIdentity":
            return self.identities.caller_identity(call, self.identities.keys[call.key_id])
        if call.operation in ("AssumeRole", sts.WEB):
            return await self.assume(call)
        if what in simulate.OPERATIONS:
            return await simulate.answer(call, self)
        redirect = self.buckets.elsewhere(call)
        if redirect:
            return redirect
        rule = paging.of(call)
        size = self.page_sizes.get(what, self.page_sizes.get("*", PAGE_SIZES.get(what)))
        if rule is None or (size is None and fault is None and what != "account:ListRegions"):
            return self.mend(call, await self.whole(call))
        refused = paging.out_of_bounds(call, rule)
        if refused:
            return refused
        offset, limit = paging.asked(call, rule)
        size = min(number for number in (size, limit, 1000) if number)
        answer = self.mend(call, await self.whole(paging.whole(call, rule)))
        if paging.unpaged(call, rule):
            return answer
        return paging.cut(answer, rule, offset, size, fault)

    async def whole(self, call):
        if call.service == "account" and call.operation == "ListRegions":
            return self.regions.list(call)
        if call.service == "ec2" and call.operation == "DescribeRegions" and self.regions.of(call.account):
            return self.regions.describe(call)
        if call.service == "ec2" and call.operation == "DescribeVolumeAttribute":
            return missing.volume_attribute(call)
        return self.cloud_control.whole(call) or await self.forward(call)

    def mend(self, call, answer):
        if answer.status == 200 and call.service == "organizations":
            self.organization.apply(call, answer)
        if answer.status < 300 and call.service == "s3":
            self.buckets.learn(call, answer)
        if call.service == "rds":
            answer.body = RESTORABLE.sub(RESTORABLE_AT, answer.body)
        return answer

    async def assume(self, call):
        suspended = self.organization.unusable(identity.ROLE.match(call.input.get("RoleArn", "")))
        if suspended:
            call.note["assume"] = sts.noted(call)
            return answers.error(call, "AccessDenied", f"User: {call.principal} is not authorized to perform: sts:{call.operation} on resource: {call.input['RoleArn']}")
        refused = self.sts.refuse(call, self.identities.keys.get(call.key_id), self.now())
        if refused:
            return refused
        answer = await self.forward(call)
        if answer.status == 200:
            self.sts.remember(call, answer.body)
        return answer

    async def forward(self, call):
        """moto's answer. It learns the account from a header and the service from the credential scope."""
        headers = {name: value for name, value in call.headers if name.lower() not in HOP}
        headers["Host"] = f"{call.scope[2] if call.scope else call.service}.{call.region}.amazonaws.com"
        headers["x-moto-account-id"] = call.account or "000000000000"
        url = yarl.URL(f"{self.moto}{call.target}", encoded=True)
        async with self.session.request(call.method, url, headers=headers, data=call.body or None, allow_redirects=False) as found:
            body = await found.read()
            made = {name: value for name, value in found.headers.items() if name.lower() not in HOP}
            if found.status >= 400 and body[:15].lower() == b"<!doctype html>":
                # moto's server, and no service: it has no such operation, or fails at it.
                return answers.error(call, "InvalidAction", "moto does not answer this", 400)
            code = found.headers.get("x-amzn-errortype") if found.status >= 400 else None
            return answers.Answer(found.status, made, body, code=code)

    async def ask_iam(self, account, action, **arguments):
        """What moto's IAM says of an account, asked by the front itself."""
        scope = "AWS4-HMAC-SHA256 Credential=FRONT/20260102/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
        headers = {"Host": "iam.amazonaws.com", "x-moto-account-id": account, "Authorization": scope}
        form = {"Action": action, "Version": "2010-05-08", **arguments}
        async with self.session.post(f"{self.moto}/", headers=headers, data=form) as found:
            found.raise_for_status()
            return await found.read()

    def log(self, entry, call, answer):
        entry.update(
            account=call.account, region=call.region, service=call.service, operation=call.operation, status=answer.status, code=answer.code,
            signature=call.note.get("signature"), principal=call.principal, method=call.method, target=call.target,
            host=call.header("host"), user_agent=call.header("user-agent"), bytes=len(answer.body),
        )
        entry.update({name: call.note[name] for name in ("assume", "denied") if name in call.note})

    async def send(self, request, answer):
        if answer.cut is None:
            headers = {**answer.headers, "Date": self.now().strftime("%a, %d %b %Y %H:%M:%S GMT")}
            return web.Response(status=answer.status, headers=headers, body=answer.body)
        # A connection that breaks: the head promises the whole body, and only its first part comes.
        if answer.status:
            response = web.StreamResponse(status=answer.status, headers={**answer.headers, "Content-Length": str(len(answer.body))})
            await response.prepare(request)
            await response.write(answer.body[: answer.cut])
        request.transport.abort() if not answer.status else request.transport.close()
        raise asyncio.CancelledError


async def serve(front, announce, until=None):
    """Serves on a port that the system picks and `announce` is told, for ever or until a future has a result."""
    connector = aiohttp.TCPConnector(limit=64)
    timeout = aiohttp.ClientTimeout(total=120)
    async with aiohttp.ClientSession(connector=connector, timeout=timeout, auto_decompress=True) as session:
        front.session = session
        runner = web.ServerRunner(web.Server(front.handle, access_log=None))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        announce(site._server.sockets[0].getsockname()[1])
        await (until or asyncio.Event().wait())
        await runner.cleanup()


def main():
    parent.follow()
    asyncio.run(serve(Front(sys.argv[1]), parent.announce))


if __name__ == "__main__":
    main()
