"""States of accounts that moto does not know: what the front writes over moto's answers."""

import json

# Accounts in these states answer nothing and lend their roles to nobody.
UNUSABLE = ("SUSPENDED", "PENDING_CLOSURE", "PENDING_ACTIVATION", "CLOSED")


class Overrides:
    def __init__(self):
        self.states = {}
        self.hidden = set()

    def apply(self, call, answer):
        """Sets states and hides accounts in whatever list or description of accounts an answer holds."""
        if not self.states and not self.hidden:
            return
        document = json.loads(answer.body)
        accounts = document.get("Accounts")
        if accounts is not None:
            document["Accounts"] = [account for account in accounts if account["Id"] not in self.hidden]
        for account in (document.get("Accounts") or []) + ([document["Account"]] if "Account" in document else []):
            state = self.states.get(account["Id"])
            if state:
                account["State"] = state
                # The older member knows three values only.
                account["Status"] = {"PENDING_CLOSURE": "PENDING_CLOSURE", "ACTIVE": "ACTIVE"}.get(state, "SUSPENDED")
        answer.body = json.dumps(document, ensure_ascii=False).encode()

    def unusable(self, role):
        return role is not None and self.states.get(role.group(2)) in UNUSABLE
