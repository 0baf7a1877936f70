"""The front's state as tests read and set it, under /_front/. Everything is JSON."""

import inspect
import json

from aiohttp import web

import simulate


IDENTITY = ("keys", "roles", "managed_policies", "scps", "oidc_providers", "organization_id")


class Control:
    """GET calls, state; POST config, lend, adopt, rules, clock, expire, forget; DELETE rules."""

    def __init__(self, front):
        self.front = front

    async def handle(self, request):
        what = request.path.removeprefix("/_front/")
        text = await request.text()
        action = getattr(self, f"{request.method.lower()}_{what}", None)
        if action is None:
            return web.json_response({"error": f"no {request.method} {what}"}, status=404)
        try:
            answer = action(json.loads(text) if text else {})
            return web.json_response(await answer if inspect.isawaitable(answer) else answer)
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)

    def get_calls(self, _):
        return [call for call in self.front.calls if "status" in call]

    def get_state(self, _):
        return {
            "calls": len(self.front.calls),
            "mismatches": self.front.mismatches,
            "issued": self.front.identities.issued,
            "issued_secrets": [text for key in self.front.identities.keys.values() if key.issued for text in (key.secret, key.token)],
            "in_flight_max": self.front.in_flight_max,
            "rules": [{**rule.fields, "matched": rule.matched, "used": rule.used} for rule in self.front.rules.all],
        }

    def post_config(self, config):
        """Sets what is named, and leaves the rest as it is.

        keys: access key id to {secret, account, arn, token, role, policies, tags, transitive_tags, source_identity}
        roles: ARN to {policies, boundary, trust, max_session, missing}, or {principals, external_id, web_identity_tokens}
        managed_policies: ARN to document; scps: account to documents; oidc_providers: ARN to {client_ids}; organization_id
        regions: account or `*` to {name: status}; accounts: id to State; page_sizes, hidden_accounts, hidden_resources

        `policies` are identity policies, each a document or a managed policy's ARN (AWS's own as moto carries them);
        without them everything is allowed. `trust` is the role's trust policy. What AWS refuses as malformed is refused.
        """
        unknown = set(config) - {*IDENTITY, "regions", "accounts", "page_sizes", "hidden_accounts", "hidden_resources"}
        if unknown:
            raise ValueError(f"unknown: {sorted(unknown)}")
        front = self.front
        front.identities.configure({name: value for name, value in config.items() if name in IDENTITY})
        front.regions.tables.update(config.get("regions", {}))
        front.organization.states.update(config.get("accounts", {}))
        if "page_sizes" in config:
            front.page_sizes = config["page_sizes"]
        if "hidden_accounts" in config:
            front.organization.hidden = set(config["hidden_accounts"])
        if "hidden_resources" in config:
            front.cloud_control.hidden = set(config["hidden_resources"])
        return {}

    def post_rules(self, rules):
        return [self.front.rules.add(rule) for rule in (rules if isinstance(rules, list) else [rules])]

    def delete_rules(self, _):
        self.front.rules.all.clear()
        return {}

    def post_lend(self, asked):
        """A session of a role for one of AWS's services (see sts.Sts.lend): credentials, or {"refused": why}."""
        return self.front.sts.lend(asked, self.front.now())

    async def post_adopt(self, asked):
        """Takes roles, with trusts and policies, from moto's IAM as it is now, so that what a template makes there counts.

        account; roles: ARNs, or all of the account where none are named. Gives the ARNs that were taken.
        """
        found = await simulate.entities(self.front, asked["account"])
        taken = {arn: entity["role"] for arn, entity in found.items() if "role" in entity and arn in asked.get("roles", found)}
        self.front.identities.configure({"roles": taken})
        return sorted(taken)

    def post_clock(self, clock):
        """How far the front's clock is ahead of the machine's."""
        self.front.clock_offset_s = clock["offset_s"]
        return {}

    def post_expire(self, _):
        self.front.identities.expire_issued(self.front.now())
        return {}

    def post_forget(self, _):
        """Empties the call log and the counts."""
        front = self.front
        front.calls.clear()
        front.mismatches.clear()
        front.in_flight_max = front.in_flight
        return {}
