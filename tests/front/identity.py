"""Who calls: the keys that the front knows, the roles that exist, and which policies stand over a call."""

import dataclasses
import datetime
import re
from xml.sax.saxutils import escape

import actions
import policy
from answer import Answer, because, denial

ROLE = re.compile(r"^arn:(aws[a-z-]*):iam::(\d{12}):role/(.+)$")
SESSION = re.compile(r"^arn:(aws[a-z-]*):sts::(\d{12}):assumed-role/([^/]+)/(.+)$")
KEY_FIELDS = {"secret", "account", "arn", "token", "role", "policies", "tags", "transitive_tags", "source_identity"}
ROLE_FIELDS = {"principals", "external_id", "web_identity_tokens", "missing", "max_session", "policies", "boundary", "trust"}
# AWS answers this whatever a policy says.
ALWAYS = "sts:GetCallerIdentity"


@dataclasses.dataclass
class Key:
    """An access key: configured as a source, or issued for a session of a role."""

    secret: str
    account: str
    arn: str
    token: str | None = None
    role: str | None = None
    expires: datetime.datetime | None = None
    # Of the key itself; where it is a role's session, those that the role has now.
    policies: list | None = None
    # What AssumeRole was given; None where it was given nothing.
    session: list | None = None
    tags: dict = dataclasses.field(default_factory=dict)
    transitive: frozenset = frozenset()
    source_identity: str | None = None
    provider: str | None = None
    issued: bool = False


@dataclasses.dataclass
class Role:
    """A role: who may have it, what it may do (None is everything), and for how long."""

    principals: list | None = None
    external_id: str | None = None
    web_identity_tokens: list = dataclasses.field(default_factory=list)
    missing: bool = False
    max_session: int = 43200
    policies: list | None = None
    boundary: list | None = None
    trust: list | None = None


class Identities:
    """Keys and roles. With no role configured, any role may be assumed by anybody, as moto has it."""

    def __init__(self):
        self.keys = {}
        self.roles = {}
        # Of customers: what `policies` and PolicyArns may name, beside AWS's own.
        self.managed = {}
        # Service control policies by account.
        self.scps = {}
        # Providers of OIDC by ARN with their audiences. An account that none is named for has any.
        self.providers = {}
        self.organization = None
        self.issued = 0

    def configure(self, config):
        """Takes what a test says of identities; nothing of it where a part is wrong."""
        keys, roles = config.get("keys") or {}, config.get("roles") or {}
        for name, known in [(keys, KEY_FIELDS), (roles, ROLE_FIELDS)]:
            unknown = {field for fields in name.values() for field in fields} - known
            if unknown:
                raise ValueError(f"unknown: {sorted(unknown)}")
        managed = {**self.managed, **{arn: policy.parse(document) for arn, document in config.get("managed_policies", {}).items()}}
        made_keys = {key_id: self.key(fields, managed) for key_id, fields in keys.items()}
        made_roles = {arn: self.role(fields, managed) for arn, fields in roles.items()}
        scps = {account: statements_of(documents, managed) for account, documents in config.get("scps", {}).items()}
        self.managed = managed
        self.keys.update(made_keys)
        self.roles.update(made_roles)
        self.scps.update(scps)
        self.providers.update(config.get("oidc_providers", {}))
        # What is set to null is taken away.
        self.scps = {account: statements for account, statements in self.scps.items() if statements is not None}
        self.providers = {arn: fields for arn, fields in self.providers.items() if fields is not None}
        self.organization = config.get("organization_id", self.organization)

    @staticmethod
    def key(fields, managed):
        session = SESSION.match(fields["arn"])
        role = fields.get("role") or (f"arn:{session[1]}:iam::{session[2]}:role/{session[3]}" if session else None)
        transitive = fields.get("transitive_tags", {})
        return Key(
            fields["secret"], fields["account"], fields["arn"], fields.get("token"), role, policies=statements_of(fields.get("policies"), managed),
            tags={**fields.get("tags", {}), **transitive}, transitive=frozenset(transitive), source_identity=fields.get("source_identity"),
        )

    @staticmethod
    def role(fields, managed):
        trust = fields.get("trust")
        made = {**fields, "policies": statements_of(fields.get("policies"), managed)}
        made["boundary"] = statements_of([fields["boundary"]], managed) if "boundary" in fields else None
        if trust is not None:
            made["trust"] = policy.parse(trust, "trust")
            # AWS's own default; the roles that say who without a document are not asked.
            made.setdefault("max_session", 3600)
        return Role(**made)

    def expire_issued(self, now):
        """Every session that was issued is over."""
        for key in self.keys.values():
            if key.issued:
                key.expires = now

    def layers(self, key):
        """The policies over what is done with a key, in the order in which AWS asks them; None limits nothing."""
        role = self.roles.get(key.role) if key.role else None
        own = key.policies if key.policies is not None else (role.policies if role else None)
        return [("scp", self.scps.get(key.account)), ("identity", own), ("boundary", role.boundary if role else None), ("session", key.session)]

    def refuse(self, call, key, now, handler=None, handlers=()):
        """The denial of a call by the policies over its key, or None. A handler's actions are needed on any resource."""
        layers = self.layers(key)
        if f"{call.service}:{call.operation}" == ALWAYS or all(statements is None for _, statements in layers):
            return None
        context = self.context(call, key, now)
        name = actions.action(call.service, call.operation, call.method)
        needed = [(name, resource, None) for resource in actions.resources(call, name)] + [(action, "*", handler) for action in handlers]
        for action, resource, whose in needed:
            by = policy.decide(layers, policy.Request(action, resource, context))
            if by:
                call.note["denied"] = {"by": by[0], "explicit": by[1], "action": action, "resource": resource}
                return denial(call, action, resource, because(*by, action), whose)
        return None

    def context(self, call, key, now):
        """The condition keys of a call, as far as the front knows them."""
        sort = "AssumedRole" if key.role else "Account" if key.arn.endswith(":root") else "User"
        values = {
            "aws:PrincipalArn": key.role or key.arn,
            "aws:PrincipalAccount": key.account,
            "aws:PrincipalOrgID": self.organization,
            "aws:PrincipalType": sort,
            "aws:PrincipalIsAWSService": "false",
            "aws:ViaAWSService": "false",
            "aws:SecureTransport": "true",
            "aws:SourceIp": "127.0.0.1",
            "aws:UserAgent": call.header("user-agent"),
            "aws:RequestedRegion": call.region,
            "aws:CurrentTime": now.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "aws:EpochTime": str(int(now.timestamp())),
            "aws:username": key.arn.rpartition("/")[2] if sort == "User" else None,
            "aws:userid": call.key_id,
            "aws:SourceIdentity": key.source_identity,
            "aws:FederatedProvider": key.provider,
            "aws:MultiFactorAuthPresent": "false" if key.role else None,
            f"{call.service}:Region": call.region,
            **{f"aws:PrincipalTag/{name}": text for name, text in key.tags.items()},
        }
        return {name.lower(): [text] for name, text in values.items() if text is not None}

    @staticmethod
    def caller_identity(call, key):
        body = (
            '<GetCallerIdentityResponse xmlns="https://sts.amazonaws.com/doc/2011-06-15/"><GetCallerIdentityResult>'
            f"<Arn>{escape(key.arn)}</Arn><UserId>{call.key_id}</UserId><Account>{key.account}</Account></GetCallerIdentityResult>"
            f"<ResponseMetadata><RequestId>front-{call.number:06d}</RequestId></ResponseMetadata></GetCallerIdentityResponse>"
        )
        return Answer(200, {"Content-Type": "text/xml"}, body.encode())


def document(source, managed):
    """The statements of a document, or of a managed policy by its ARN: the customer's, or AWS's own."""
    if isinstance(source, str) and source.startswith("arn:"):
        return managed[source] if source in managed else policy.managed_statements(source)
    return policy.parse(source)


def statements_of(sources, managed):
    """The statements of several documents; None where none is said."""
    return None if sources is None else [one for source in sources for one in document(source, managed)]
