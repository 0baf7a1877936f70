"""Sends every case over the boundary through wasmtime's Python and prints what arrived as it was sent, a line each:
crossings.py portolan-conformance.wasm portolan-guard.wasm

What there is to send is read off the WIT by the test that runs this (tests/it/interface/crossings.rs).
"""

import json
import sys

import wasmtime
from wasmtime import component

AWS, GUARD = "portolan:aws", "portolan:guard"
LEVELS = ["error", "warn", "info", "debug"]
PROBLEMS = ["denied", "throttled", "unavailable", "vanished", "bad-answer", "stale-cursor", "refused", "no-credentials", "unreachable",
            "timed-out", "too-large", "cancelled", "limit", "mapping", "bad-call"]
FAILURES = ["refused", "no-credentials", "unreachable", "timed-out", "too-large", "not-text", "cancelled"]
KIND = "Test::Puppet::Scripted"
FORM = [("content-type", "application/x-www-form-urlencoded; charset=utf-8")]
QUEUES = [("content-type", "application/x-amz-json-1.0"), ("x-amz-target", "AmazonSQS.ListQueues")]


class R(component.Record):
    """A record: members by their names in WIT, dashes and all."""

    def __init__(self, **members: object) -> None:
        self.__dict__.update({name.replace("_", "-"): value for name, value in members.items()})


def at(record: object, name: str) -> object:
    return vars(record)[name] if name in vars(record) else sys.exit(f"no {name} in {vars(record)}")


def says(crossing: str, holds: bool, about: object = "") -> None:
    """A crossing was seen; it must have been as it was sent, and a result of the guest's must have kept its tag."""
    way, _, case = crossing.partition(" ")
    side = case.rpartition(" ")[2]
    if way == "to-host" and side in ("ok", "err"):
        holds = holds and vars(about).get("$side") == side
    if not holds:
        sys.exit(f"{crossing}: arrived as {vars(about) if isinstance(about, component.Record) else about!r}")
    print(crossing)


def option(crossing: str, value: object, wanted: object) -> None:
    says(f"{crossing} {'none' if wanted is None else 'some'}", value == wanted, value)


class Instance:
    """An instance and its functions: `call("sync", "plan", …)`."""

    def __init__(self, engine: wasmtime.Engine, file: str, package: str, imports: dict) -> None:
        linker = component.Linker(engine)
        with linker.root() as root:
            for interface, functions in imports.items():
                with root.add_instance(f"{package}/{interface}@0.1.0") as instance:
                    for name, function in functions.items():
                        instance.add_func(name, function)
        self.package, self.store = package, wasmtime.Store(engine)
        self.instance = linker.instantiate(self.store, component.Component.from_file(engine, file))

    def call(self, interface: str, name: str, *args: object) -> object:
        index = self.instance.get_export_index(self.store, f"{self.package}/{interface}@0.1.0")
        function = self.instance.get_func(self.store, self.instance.get_export_index(self.store, name, index))
        answer = function(self.store, *args)
        function.post_return(self.store)
        # Since both sides of every result are records, wasmtime's Python keeps the tag; by other types it would drop it.
        if isinstance(answer, component.Variant):
            answer.payload.__dict__["$side"] = answer.tag
            return answer.payload
        return answer


class Host:
    """What the component calls: it keeps what arrived, and answers as it is told."""

    def __init__(self) -> None:
        self.logged: list[tuple] = []
        self.sent: list = []
        self.answers: list = []

    def write(self, _store: object, level: str, message: str) -> None:
        self.logged.append((level, message))

    def send(self, _store: object, requests: list) -> list:
        self.sent = requests
        return self.answers


def notes(page: object) -> list:
    return [json.loads(line)["resource"]["Properties"] for line in at(page, "resources").splitlines()]


def main(conformance: str, guard: str) -> None:
    engine, host = wasmtime.Engine(), Host()
    imports = {"signed-http": {"send": host.send}, "log": {"write": host.write}}
    guest = Instance(engine, conformance, AWS, imports)
    limits = R(batch=16, response_bytes=1 << 20, batch_bytes=1 << 20, page_bytes=1 << 20, cursor_bytes=1 << 20)
    run = R(id="r", started_at_ms=1, partition="aws", limits=limits)
    configuring(guest, run)
    reading(guest, host)
    accounts(guest)
    classifying(guest)
    deciding(Instance(engine, guard, GUARD, {}), Instance(engine, guard, GUARD, {}))


def configuring(guest: Instance, run: R) -> None:
    remarks = [{"at": "/a", "message": "m", "offset": 7, "instead": "i"}, {"at": "/b", "message": "n"}]
    wrong = guest.call("sync", "configure", json.dumps({"script": [{"reject": remarks}]}), run)
    says("to-host sync.configure err", len(at(wrong, "remarks")) == 2, wrong)
    for remark, (offset, instead) in zip(at(wrong, "remarks"), [(7, "i"), (None, None)]):
        option("to-host sync.remark.offset", at(remark, "offset"), offset)
        option("to-host sync.remark.instead", at(remark, "instead"), instead)
    right = guest.call("sync", "configure", json.dumps({"kinds": [KIND]}), run)
    says("to-host sync.configure ok", KIND in at(right, "manifest"), right)


def account(role: str, details: str = "{}") -> R:
    return R(id="111122223333", name="n", role=role, details=details)


def reading(guest: Instance, host: Host) -> None:
    def page(script: list, **unit: object) -> object:
        return guest.call("sync", "sync-page", account("member"), R(kind=KIND, region=unit.get("region")), json.dumps(script))

    for role in ("member", "management"):
        echo = notes(guest.call("sync", "sync-page", account(role), R(kind=KIND, region=None), None))[0]
        says(f"to-guest sync.account-role.{role}", echo["account"]["role"] == role, echo)
    option("to-guest sync.unit.region", echo["unit"]["region"], None)
    says("to-guest sync.sync-page.cursor none", echo["cursor"] is False, echo)
    echo = notes(page(["echo"], region="eu-west-1"))[0]
    option("to-guest sync.unit.region", echo["unit"]["region"], "eu-west-1")
    says("to-guest sync.sync-page.cursor some", echo["cursor"] is True, echo)
    for level in LEVELS:
        page([{"log": {"level": level, "message": f"of {level}"}}])
        says(f"to-host log.level.{level}", host.logged[-1] == (level, f"of {level}"), host.logged)
    for name, cases in (("identity", ["account", "management"]), ("method", ["get", "head", "post"])):
        for case in cases:
            host.answers = [component.Variant("ok", R(status=200, headers=[("a", "b")], body="text", attempts=2))]
            came = notes(page([{"send": [{name: case}]}]))[0]
            says(f"to-host signed-http.{name}.{case}", at(host.sent[0], name) == case, host.sent[0])
            says("to-guest signed-http.send ok", came == {"answer": {"status": 200, "headers": [["a", "b"]], "body": "text", "body-bytes": 4, "attempts": 2}}, came)
    for prefix in ("api.", None):
        page([{"send": [{"host-prefix": prefix}]}])
        option("to-host signed-http.request.host-prefix", at(host.sent[0], "host-prefix"), prefix)
    host.answers = [component.Variant("err", R(**{"class": failure}, message=f"of {failure}")) for failure in FAILURES]
    for failure, came in zip(FAILURES, notes(page([{"send": [{}] * len(FAILURES)}]))):
        says(f"to-guest signed-http.send-failure.{failure}", came == {"error": {"class": failure, "message": f"of {failure}"}}, came)
        says("to-guest signed-http.send err", "error" in came, came)
    for cls in PROBLEMS:
        failure = page([{"fail": {"class": cls, "message": cls}}])
        problem = at(failure, "problem")
        says(f"to-host sync.problem-class.{cls}", at(problem, "class") == cls and at(problem, "message") == cls, problem)
        says("to-host sync.sync-page err", True, failure)
    whole = {"class": "denied", "region": "eu-west-1", "request-id": "r", "subject": "s", "count": 2}
    got = page([{"give": {"resources": "", "problems": [whole, {"class": "limit"}], "next": "on", "whole": False}}])
    says("to-host sync.sync-page ok", at(got, "whole") is False and len(at(got, "problems")) == 2, got)
    for problem, wanted in zip(at(got, "problems"), (whole, {})):
        for member in ("region", "request-id", "subject"):
            option(f"to-host sync.problem.{member}", at(problem, member), wanted.get(member))
    option("to-host sync.page.next", at(got, "next"), "on")
    option("to-host sync.page.next", at(page([]), "next"), None)
    unit = R(kind=KIND, region=None)
    for script, side in (([], "ok"), ([{"fail": {}}], "err")):
        read = guest.call("sync", "read-resources", account("member"), unit, [json.dumps(script)])
        says(f"to-host sync.read-resources {side}", ("whole" in vars(read)) == (side == "ok"), read)
        line = {"id": "r", "arn": "a", "gaps": [], "resource": {"Type": KIND, "Properties": {"script": script}}}
        mapped = guest.call("sync", "map-resources", unit, json.dumps(line))
        says(f"to-host sync.map-resources {side}", ("entities" in vars(mapped)) == (side == "ok"), mapped)


def accounts(guest: Instance) -> None:
    none = guest.call("sync", "discover-accounts", None)
    says("to-guest sync.discover-accounts.cursor none", at(none, "accounts") == [], none)
    roles = [{"id": "1", "role": "member"}, {"id": "2", "role": "management"}]
    some = guest.call("sync", "discover-accounts", json.dumps([{"give": {"accounts": roles, "next": "on"}}]))
    says("to-guest sync.discover-accounts.cursor some", len(at(some, "accounts")) == 2, some)
    says("to-host sync.discover-accounts ok", at(some, "whole") is True, some)
    for given, wanted in zip(at(some, "accounts"), roles):
        says(f"to-host sync.account-role.{wanted['role']}", at(given, "role") == wanted["role"], given)
    option("to-host sync.account-page.next", at(some, "next"), "on")
    option("to-host sync.account-page.next", at(none, "next"), None)
    failed = guest.call("sync", "discover-accounts", json.dumps([{"fail": {"class": "denied"}}]))
    says("to-host sync.discover-accounts err", "problem" in vars(failed), failed)
    fates = ["read", "unavailable", "excluded"]
    plan = guest.call("sync", "plan", account("member", json.dumps({"script": [{"give": {"kinds": [{"kind": fate, "fate": fate} for fate in fates]}}]})))
    for planned in at(plan, "kinds"):
        says(f"to-host sync.fate.{at(planned, 'kind')}", at(planned, "fate") == at(planned, "kind"), planned)
    says("to-host sync.plan ok", len(at(plan, "kinds")) == 3, plan)
    failed = guest.call("sync", "plan", account("member", json.dumps({"script": [{"fail": {}}]})))
    says("to-host sync.plan err", "problem" in vars(failed), failed)


def classifying(guest: Instance) -> None:
    """Answers as AWS gives them; the component's reader of errors is the real one."""
    skewed = "Signature expired: 20240102T030405Z is now earlier than 20240102T030905Z (20240102T031405Z - 5 min.)"
    answers = [("ok", 200, [], "{}"), ("throttled", 400, [], '{"__type":"ThrottlingException"}'), ("transient", 503, [("retry-after", "3")], ""),
               ("expired-credentials", 400, [], '{"__type":"ExpiredTokenException"}'), ("final", 403, [], '{"__type":"AccessDeniedException"}'),
               ("clock-skew", 403, [], json.dumps({"__type": "InvalidSignatureException", "message": skewed}))]
    for cls, status, headers, body in answers:
        verdict = guest.call("errors", "classify", "sqs", "ListQueues", status, headers, body)
        says(f"to-host errors.class.{cls}", at(verdict, "class") == cls, verdict)
        option("to-host errors.verdict.retry-after-ms", at(verdict, "retry-after-ms"), 3000 if cls == "transient" else None)
        option("to-host errors.verdict.clock-offset-ms", at(verdict, "clock-offset-ms"), 600_000 if cls == "clock-skew" else None)


def deciding(guard: Instance, ungranted: Instance) -> None:
    calls = ["sqs:ListQueues", "s3:ListBuckets", "iotsitewise:ListAssets", "cloudformation:DescribeType", "iam:GetAccountAuthorizationDetails"]
    manifest = json.dumps({"calls": [{"operation": call, "action": call, "identity": "account"} for call in calls]})

    def decide(**changed: object) -> object:
        usual = {"identity": "account", "service": "sqs", "region": "us-east-1", "operation": "o", "host_prefix": None, "method": "post",
                 "target": "/", "headers": QUEUES, "body": "{}"}
        return guard.call("decisions", "decide", R(**{**usual, **changed}))

    granted = guard.call("decisions", "grant", manifest, [])
    says("to-host decisions.grant ok", "impossible" in vars(granted), granted)
    again = guard.call("decisions", "grant", manifest, [])
    says("to-host decisions.grant err", "another instance" in at(again, "message"), again)
    permitted = decide()
    for name in ("to-host decisions.decide ok", "to-guest decisions.identity.account", "to-guest decisions.method.post"):
        says(name, vars(permitted).get("operation") == "ListQueues", permitted)
    option("to-host decisions.permitted.teaches", at(permitted, "teaches"), None)
    option("to-guest decisions.request.host-prefix", None if "action" in vars(permitted) else "?", None)
    refused = decide(identity="management")
    for name in ("to-host decisions.decide err", "to-guest decisions.identity.management"):
        says(name, vars(refused).get("rule") == "identity", refused)
    bucket = {"service": "s3", "headers": [], "body": ""}
    says("to-guest decisions.method.get", vars(decide(method="get", **bucket)).get("operation") == "ListBuckets", decide(method="get", **bucket))
    headed = decide(method="head", **bucket)
    says("to-guest decisions.method.head", "HEAD" in vars(headed).get("text", ""), headed)
    assets = decide(service="iotsitewise", method="get", target="/assets", headers=[], body="", host_prefix="api.")
    says("to-guest decisions.request.host-prefix some", vars(assets).get("operation") == "ListAssets", assets)
    described = decide(service="cloudformation", headers=FORM, body="Action=DescribeType&Version=2010-05-15&Type=RESOURCE&TypeName=AWS%3A%3AIoT%3A%3AThing")
    option("to-host decisions.permitted.teaches", at(described, "teaches"), "AWS::IoT::Thing")
    recon = decide(service="iam", headers=FORM, body="Action=GetAccountAuthorizationDetails&Version=2010-05-08")
    says("to-host decisions.refusal.grant-that-would-allow some", bool(at(recon, "grant-that-would-allow")), recon)
    option("to-host decisions.refusal.grant-that-would-allow", at(headed, "grant-that-would-allow"), None)
    schema = '{"typeName":"AWS::IoT::Thing","handlers":{"list":{"permissions":["iot:ListThings"]},"read":{"permissions":["iot:DescribeThing"]}}}'
    answer = ("<DescribeTypeResponse><DescribeTypeResult><Type>RESOURCE</Type><TypeName>AWS::IoT::Thing</TypeName><Visibility>PUBLIC</Visibility>"
              f"<Schema>{schema.replace(chr(34), '&quot;')}</Schema></DescribeTypeResult></DescribeTypeResponse>")
    learned = guard.call("decisions", "learn", "AWS::IoT::Thing", answer)
    says("to-host decisions.learn ok", vars(learned).get("type-name") == "AWS::IoT::Thing", learned)
    unlearned = ungranted.call("decisions", "learn", "AWS::IoT::Thing", answer)
    says("to-host decisions.learn err", "message" in vars(unlearned), unlearned)
    dropped = guard.call("decisions", "drop-values", 200, '{"authKey":"x"}', ["authKey"])
    says("to-host decisions.drop-values ok", vars(dropped).get("body") == '{"authKey":""}', dropped)
    kept = guard.call("decisions", "drop-values", 200, "<R><preSharedKey>x", ["preSharedKey"])
    says("to-host decisions.drop-values err", "message" in vars(kept), kept)
    found = guard.call("endpoints", "find", "sqs", "eu-west-1", False, False)
    says("to-host endpoints.find ok", vars(found).get("host") == "sqs.eu-west-1.amazonaws.com", found)
    missing = guard.call("endpoints", "find", "sqs", "mars-north-1", False, False)
    says("to-host endpoints.find err", "message" in vars(missing), missing)


main(*sys.argv[1:])
