"""Who calls: the keys that the front knows, the roles that exist, and STS in front of moto's."""

import dataclasses
import datetime
import re
from xml.etree import ElementTree
from xml.sax.saxutils import escape

from answer import Answer, error

ROLE = re.compile(r"^arn:(aws[a-z-]*):iam::(\d{12}):role/(.+)$")
# Sessions of roles may chain for an hour at most, whatever the role allows.
CHAINED_S = 3600


@dataclasses.dataclass
class Key:
    """An access key: configured as a source, or issued by AssumeRole."""

    secret: str
    account: str
    arn: str
    token: str | None = None
    role: str | None = None
    expires: datetime.datetime | None = None


class Identities:
    """Keys and roles. With no role configured, any role may be assumed by anybody, as moto has it."""

    def __init__(self):
        self.keys = {}
        self.roles = {}
        self.issued = 0

    def configure(self, keys, roles):
        for key_id, fields in (keys or {}).items():
            self.keys[key_id] = Key(fields["secret"], fields["account"], fields["arn"], fields.get("token"))
        for arn, fields in (roles or {}).items():
            self.roles[arn] = fields

    def expire_issued(self, now):
        """Every session that was issued is over."""
        for key in self.keys.values():
            if key.role:
                key.expires = now

    def refuse(self, call, caller):
        """STS's refusal of an AssumeRole call, or None when moto may answer it."""
        arn = call.input.get("RoleArn", "")
        found = ROLE.match(arn)
        if not found:
            return error(call, "ValidationError", f"{arn} is invalid")
        duration = int(call.input.get("DurationSeconds", CHAINED_S))
        if caller and caller.role and duration > CHAINED_S:
            return error(call, "ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        if not self.roles:
            return None
        role = self.roles.get(arn)
        web = call.operation == "AssumeRoleWithWebIdentity"
        if role is not None and duration > role.get("max_session", 43200):
            return error(call, "ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        if role is not None and not role.get("missing") and (self.federated(call, role) if web else self.trusts(call, role, caller)):
            return None
        if web:
            return error(call, "AccessDenied", "Not authorized to perform sts:AssumeRoleWithWebIdentity")
        return error(call, "AccessDenied", f"User: {call.principal} is not authorized to perform: sts:AssumeRole on resource: {arn}")

    @staticmethod
    def federated(call, role):
        return call.input.get("WebIdentityToken") in role.get("web_identity_tokens", [])

    @staticmethod
    def trusts(call, role, caller):
        if role.get("external_id") is not None and role["external_id"] != call.input.get("ExternalId"):
            return False
        principals = role.get("principals")
        if principals is None:
            return True
        names = {caller.arn, caller.account, f"arn:aws:iam::{caller.account}:root"} | ({caller.role} if caller.role else set())
        return bool(names & set(principals))

    def remember(self, call, body):
        """Keeps the key that moto's answer issues, so that its signatures can be recomputed."""
        tree = ElementTree.fromstring(body)
        found = {element.tag.rpartition("}")[2]: (element.text or "") for element in tree.iter()}
        role = call.input["RoleArn"]
        _, account, name = ROLE.match(role).groups()
        session = f"arn:{role.split(':')[1]}:sts::{account}:assumed-role/{name.rpartition('/')[2]}/{call.input['RoleSessionName']}"
        expires = datetime.datetime.fromisoformat(found["Expiration"].replace("Z", "+00:00"))
        self.keys[found["AccessKeyId"]] = Key(found["SecretAccessKey"], account, session, found["SessionToken"], role, expires)
        self.issued += 1

    @staticmethod
    def caller_identity(call, key):
        body = (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            f"<Arn>{escape(key.arn)}</Arn><UserId>{call.key_id}</UserId><Account>{key.account}</Account></GetCallerIdentityResult>"
            f"<ResponseMetadata><RequestId>front-{call.number:06d}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )
        return Answer(200, {"Content-Type": "text/xml"}, body.encode())
