"""The front's state as tests read and set it, under /_front/. Everything is JSON."""

import json

from aiohttp import web


class Control:
    """GET calls, state; POST config, rules, clock, expire, forget; DELETE rules."""

    def __init__(self, front):
        self.front = front

    async def handle(self, request):
        what = request.path.removeprefix("/_front/")
        text = await request.text()
        action = getattr(self, f"{request.method.lower()}_{what}", None)
        if action is None:
            return web.json_response({"error": f"no {request.method} {what}"}, status=404)
        try:
            return web.json_response(action(json.loads(text) if text else {}))
        except (KeyError, TypeError, ValueError) as error:
            return web.json_response({"error": repr(error)}, status=400)

    def get_calls(self, _):
        return [call for call in self.front.calls if "status" in call]

    def get_state(self, _):
        return {
            "calls": len(self.front.calls),
            "mismatches": self.front.mismatches,
            "issued": self.front.identities.issued,
            "issued_secrets": [text for key in self.front.identities.keys.values() if key.role for text in (key.secret, key.token)],
            "in_flight_max": self.front.in_flight_max,
            "rules": [{**rule.fields, "matched": rule.matched, "used": rule.used} for rule in self.front.rules.all],
        }

    def post_config(self, config):
        """keys, roles (merged by name), regions (account or `*` to name to status), accounts (id to State), page_sizes, what is hidden."""
        unknown = set(config) - {"keys", "roles", "regions", "accounts", "page_sizes", "hidden_accounts", "hidden_resources"}
        if unknown:
            raise ValueError(f"unknown: {sorted(unknown)}")
        front = self.front
        front.identities.configure(config.get("keys"), config.get("roles"))
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
