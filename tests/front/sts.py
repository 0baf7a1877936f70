"""AssumeRole and its kin before moto: what is refused, in STS's words, and what the session that moto issues may do."""

import base64
import datetime
import hashlib
import re
from xml.etree import ElementTree

import identity
import policy
import trust
from answer import because, error

# Sessions of roles may chain for an hour at most, whatever the role allows.
CHAINED_S = 3600
SESSION_POLICY_MAX = 2048
POLICY_ARNS_MAX = 10
POLICY_TEXT = re.compile("[\t\n\r -\u00ff]+")
NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
WEB = "AssumeRoleWithWebIdentity"


class Refused(Exception):
    """STS says no: code and message."""


class Sts:
    def __init__(self, identities):
        self.identities = identities

    def refuse(self, call, caller, now):
        """STS's refusal of an AssumeRole call, or None when moto may answer it; notes what the session will be."""
        note = call.note["assume"] = noted(call)
        try:
            call.note["session"] = self.session(call, caller, now, note)
        except policy.Malformed as malformed:
            return error(call, "MalformedPolicyDocument", str(malformed))
        except Refused as refused:
            return error(call, *refused.args)
        return None

    def session(self, call, caller, now, note):
        """What the role's session inherits and is limited to, if the caller may have it."""
        arn = call.input.get("RoleArn", "")
        found = identity.ROLE.match(arn)
        if not found:
            raise Refused("ValidationError", f"{arn} is invalid")
        for name, allowed in (("RoleSessionName", NAME), ("SourceIdentity", NAME), ("ExternalId", EXTERNAL_ID)):
            text = call.input.get(name)
            if (text is not None or name == "RoleSessionName") and not allowed.fullmatch(text or ""):
                raise Refused("ValidationError", f"1 validation error detected: Value at '{name[0].lower()}{name[1:]}' failed to satisfy constraint: Member must satisfy regular expression pattern: {allowed.pattern}")
        duration = int(call.input.get("DurationSeconds", CHAINED_S))
        if caller and caller.role and duration > CHAINED_S:
            raise Refused("ValidationError", "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining")
        limits = self.limits(call, note)
        tags, transitive = note["tags"], set(note["transitive_tag_keys"])
        inherited = {name: caller.tags[name] for name in caller.transitive} if caller else {}
        if set(tags) & set(inherited):
            raise Refused("InvalidParameterValue", "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.")
        if transitive - set(tags):
            raise Refused("InvalidParameterValue", "The specified transitive tag key must be included in the requested tags.")
        made = {
            "session": limits, "tags": {**tags, **inherited}, "transitive": frozenset(transitive | set(inherited)),
            "source_identity": call.input.get("SourceIdentity") or (caller.source_identity if caller else None),
        }
        role = self.identities.roles.get(arn) if self.identities.roles else identity.Role()
        if role is not None and not role.missing and duration > role.max_session:
            raise Refused("ValidationError", "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.")
        if call.operation == WEB:
            made["provider"] = self.federated(call, role, found[2], now)
        else:
            self.assumed(call, role, caller, made, now)
        return made

    def limits(self, call, note):
        """The session policies; None where none was passed."""
        text, arns = call.input.get("Policy"), note["policy_arns"]
        if text is not None and not POLICY_TEXT.fullmatch(text):
            raise Refused("ValidationError", "1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must satisfy regular expression pattern: [\\u0009\\u000A\\u000D\\u0020-\\u00FF]+")
        if call.operation == WEB and len(text or "") > SESSION_POLICY_MAX:
            raise Refused("ValidationError", f"1 validation error detected: Value at 'policy' failed to satisfy constraint: Member must have length less than or equal to {SESSION_POLICY_MAX}")
        size = len(text or "") + sum(map(len, arns))
        if size > SESSION_POLICY_MAX:
            raise Refused("PackedPolicyTooLarge", f"Packed policy consumes {size * 100 // SESSION_POLICY_MAX}% of allotted space, please use smaller policy.")
        if len(arns) > POLICY_ARNS_MAX:
            raise Refused("ValidationError", f"1 validation error detected: Value at 'policyArns' failed to satisfy constraint: Member must have length less than or equal to {POLICY_ARNS_MAX}")
        if text is None and not arns:
            return None
        made = policy.parse(text) if text is not None else []
        for arn in arns:
            try:
                made = made + identity.document(arn, self.identities.managed)
            except ValueError as missing:
                raise Refused("MalformedPolicyDocument", str(missing)) from missing
        return made

    def assumed(self, call, role, caller, made, now):
        """Refuses where trust or the caller's own policies do not allow every action that the call is."""
        arn = call.input["RoleArn"]
        needed = ["sts:AssumeRole"]
        # Tags that the caller's session passes on are set as if they were asked for.
        if call.note["assume"]["tags"] or made["transitive"]:
            needed.append("sts:TagSession")
        if made["source_identity"]:
            needed.append("sts:SetSourceIdentity")
        if caller.source_identity and made["source_identity"] != caller.source_identity:
            raise Refused("AccessDenied", f"User: {call.principal} is not authorized to perform: sts:SetSourceIdentity on resource: {arn}")
        for action in needed:
            layers = self.identities.layers(caller)
            request = policy.Request(action, arn, self.context(call, caller, made, now))
            if role is None or role.missing:
                # STS does not say that a role is missing: it refuses as if it were not trusted.
                by = ("trust", False)
            elif role.trust is None:
                by = policy.decide(layers, request) if trusts_by_name(call, role, caller) else ("trust", False)
            else:
                by = trust.refusal(role.trust, request, caller, layers, arn.split(":")[4])
            if by:
                raise self.denied(call, action, by)

    def denied(self, call, action, by):
        """Of the trust of a role, STS says nothing; whose policies of the caller did not allow it, it says."""
        call.note["denied"] = {"by": by[0], "explicit": by[1], "action": action, "resource": call.input["RoleArn"]}
        reason = "" if by[0] == "trust" else " " + because(*by, action)
        return Refused("AccessDenied", f"User: {call.principal} is not authorized to perform: {action} on resource: {call.input['RoleArn']}{reason}")

    def context(self, call, caller, made, now):
        tags = call.note["assume"]["tags"]
        context = self.identities.context(call, caller, now)
        context.update({f"aws:requesttag/{name.lower()}": [text] for name, text in tags.items()})
        several = {"aws:tagkeys": list(tags), "sts:transitivetagkeys": call.note["assume"]["transitive_tag_keys"]}
        single = {"sts:externalid": call.input.get("ExternalId"), "sts:rolesessionname": call.input["RoleSessionName"], "sts:sourceidentity": made["source_identity"]}
        context.update({name: texts for name, texts in several.items() if texts})
        context.update({name: [text] for name, text in single.items() if text})
        return context

    def federated(self, call, role, account, now):
        """The provider's ARN for a token that the role's trust takes."""
        token = call.input.get("WebIdentityToken", "")
        not_authorized = Refused("AccessDenied", f"Not authorized to perform sts:{WEB}")
        if role is None or role.missing or role.trust is None:
            if role is not None and not role.missing and (token in role.web_identity_tokens or not self.identities.roles):
                return None
            raise not_authorized
        found = trust.claims(token)
        if found is None:
            raise Refused("InvalidIdentityToken", "The ID Token provided is not a valid JWT. (You may see this error if you sent an Access Token)")
        if found.get("exp") is not None and found["exp"] <= now.timestamp():
            raise Refused("ExpiredTokenException", f"Token expired: current date/time {int(now.timestamp())} must be before the expiration date/time {int(found['exp'])}")
        provider = f"arn:{call.input['RoleArn'].split(':')[1]}:iam::{account}:oidc-provider/{trust.issuer(found)}"
        known = {arn: fields for arn, fields in self.identities.providers.items() if arn.split(":")[4] == account}
        if known and provider not in known:
            raise Refused("InvalidIdentityToken", f"No OpenIDConnect provider found in your account for {found['iss']}")
        context = trust.claims_context(found)
        if known and not set(known[provider].get("client_ids", [])) & set(context.get(f"{trust.issuer(found).lower()}:aud", [])):
            raise Refused("InvalidIdentityToken", "Incorrect token audience")
        context |= {"sts:rolesessionname": [call.input["RoleSessionName"]], "aws:federatedprovider": [provider], "aws:requestedregion": [call.region]}
        request = policy.Request(f"sts:{WEB}", call.input["RoleArn"], context)
        if trust.of_other(role.trust, request, "Federated", provider) != "allow":
            raise not_authorized
        return provider

    def remember(self, call, body):
        """Keeps the key that moto's answer issues, so that its signatures can be recomputed."""
        tree = ElementTree.fromstring(body)
        found = {element.tag.rpartition("}")[2]: (element.text or "") for element in tree.iter()}
        expires = datetime.datetime.fromisoformat(found["Expiration"].replace("Z", "+00:00"))
        self.issue(found["AccessKeyId"], found["SecretAccessKey"], found["SessionToken"], call.input["RoleArn"], call.input["RoleSessionName"], expires, call.note["session"])

    def issue(self, key_id, secret, token, role, name, expires, session):
        partition, account, path = identity.ROLE.match(role).groups()
        arn = f"arn:{partition}:sts::{account}:assumed-role/{path.rpartition('/')[2]}/{name}"
        self.identities.keys[key_id] = identity.Key(secret, account, arn, token, role, expires, issued=True, **session)
        self.identities.issued += 1
        return arn

    def lend(self, asked, now):
        """A session of a role for one of AWS's services, as ECS, EC2 and EKS get theirs; {"refused": …} if it is not trusted.

        `asked`: role, service, session_name, context (condition keys such as aws:SourceArn), tags (all transitive: Pod
        Identity's, which need sts:TagSession).
        """
        unknown = set(asked) - {"role", "service", "session_name", "context", "tags"}
        if unknown:
            raise ValueError(f"unknown: {sorted(unknown)}")
        arn, tags, name = asked["role"], asked.get("tags", {}), asked.get("session_name", "session")
        role = self.identities.roles.get(arn)
        context = {key.lower(): policy.listed(value) for key, value in asked.get("context", {}).items()}
        context |= {f"aws:requesttag/{key.lower()}": [text] for key, text in tags.items()} | ({"aws:tagkeys": list(tags), "sts:transitivetagkeys": list(tags)} if tags else {})
        context |= {"aws:principalisawsservice": ["true"], "aws:principalservicename": [asked["service"]], "sts:rolesessionname": [name]}
        for action in ["sts:AssumeRole"] + (["sts:TagSession"] if tags else []):
            said = trust.of_other(role.trust, policy.Request(action, arn, context), "Service", asked["service"]) if role and role.trust is not None and not role.missing else None
            if said != "allow":
                return {"refused": f"{asked['service']} is not authorized to perform: {action} on resource: {arn}"}
        seed = f"{arn} {name} {self.identities.issued}"
        digest = hashlib.sha256(seed.encode()).digest()
        key_id = f"ASIA{base64.b32encode(digest)[:16].decode()}"
        secret, token = f"lent-secret-{digest.hex()[:28]}", f"lent-token-{digest.hex()}"
        expires = now + datetime.timedelta(hours=1)
        made = {"session": None, "tags": dict(tags), "transitive": frozenset(tags), "source_identity": None}
        session = self.issue(key_id, secret, token, arn, name, expires, made)
        return {"AccessKeyId": key_id, "SecretAccessKey": secret, "Token": token, "Expiration": expires.strftime("%Y-%m-%dT%H:%M:%SZ"), "RoleArn": arn, "arn": session, "account": arn.split(":")[4]}


def trusts_by_name(call, role, caller):
    """The older way of telling the front: an external id and names, without a document."""
    if role.external_id is not None and role.external_id != call.input.get("ExternalId"):
        return False
    if role.principals is None:
        return True
    names = {caller.arn, caller.account, f"arn:aws:iam::{caller.account}:root"} | ({caller.role} if caller.role else set())
    return bool(names & set(role.principals))


def noted(call):
    """What the call log says of an AssumeRole call. The external id itself is not told."""
    given = call.input
    note = {name: given[name] for name in ("RoleArn", "RoleSessionName", "DurationSeconds", "SourceIdentity") if name in given}
    keys, values = members(given, "Tags.member.", ".Key"), members(given, "Tags.member.", ".Value")
    return {
        **note, "external_id": "ExternalId" in given, "policy": "Policy" in given, "policy_text": given.get("Policy"),
        "policy_arns": list(members(given, "PolicyArns.member.", ".arn").values()),
        "tags": {name: values.get(number, "") for number, name in keys.items()},
        "transitive_tag_keys": list(members(given, "TransitiveTagKeys.member.", "").values()),
    }


def members(given, before, after):
    """The members of a list in a form, by their number."""
    found = {}
    for name, text in given.items():
        number = name.removeprefix(before).removesuffix(after)
        if name.startswith(before) and name.endswith(after) and number.isdigit():
            found[int(number)] = text
    return dict(sorted(found.items()))
