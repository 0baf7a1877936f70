#!/usr/bin/env python3
"""Makes the default mapping and blueprints of this integration from those of the reference host, `host/defaults`.

They are of the kinds that are read unless others are chosen (tier core), the accounts among them, with the relations among these.
The list of kinds in .port/spec.yaml is made of the same. Needs PyYAML.

usage: defaults.py [--check]
"""

import json
import pathlib
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
ROOT = HERE.parent.parent
SPEC, RESOURCES = HERE / ".port/spec.yaml", HERE / ".port/resources"
# Below this line of spec.yaml stands what is made here.
MARK = "    # Written by defaults.py.\n"


def core_kinds():
    for path in sorted((ROOT / "guest/catalog").glob("*.yaml")):
        for kind, definition in yaml.safe_load(path.read_text(encoding="utf-8"))["kinds"].items():
            if definition["tier"] == "core":
                yield kind


def chosen(kinds, blueprints, mapping):
    """The blueprints and the mapping's resources of these kinds, without relations to what was not chosen."""
    resources = [resource for resource in mapping["resources"] if resource["kind"] in kinds]
    named = {json.loads(resource["port"]["entity"]["mappings"]["blueprint"]) for resource in resources}
    kept = {}
    for blueprint in blueprints:
        if blueprint["identifier"] in named:
            relations = {name: to for name, to in blueprint.get("relations", {}).items() if to["target"] in named}
            kept[blueprint["identifier"]] = {**blueprint, "relations": relations}
    for resource in resources:
        entity = resource["port"]["entity"]["mappings"]
        known = kept[json.loads(entity["blueprint"])]["relations"]
        if "relations" in entity:
            entity["relations"] = {name: jq for name, jq in entity["relations"].items() if name in known}
            if not entity["relations"]:
                del entity["relations"]
    return list(kept.values()), {**mapping, "resources": resources}


def made():
    """What the files have to hold, by path."""
    defaults = ROOT / "host/defaults"
    blueprints = json.loads((defaults / "blueprints.json").read_text(encoding="utf-8"))
    mapping = yaml.safe_load((defaults / "port-app-config.yml").read_text(encoding="utf-8"))
    kinds = set(core_kinds())
    blueprints, mapping = chosen(kinds, blueprints, mapping)
    head = SPEC.read_text(encoding="utf-8").partition(MARK)[0]
    lines = "".join(f"    - kind: {resource['kind']}\n" for resource in mapping["resources"])
    text = yaml.safe_dump(mapping, sort_keys=False, allow_unicode=True, width=200)
    return {
        SPEC: head + MARK + lines,
        RESOURCES / "blueprints.json": json.dumps(blueprints, indent=1, ensure_ascii=False) + "\n",
        RESOURCES / "port-app-config.yml": "# Written by embed/ocean/defaults.py from host/defaults.\n" + text,
    }


def main():
    stale = [path for path, text in made().items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    if "--check" in sys.argv[1:]:
        for path in stale:
            print(f"{path} is not what defaults.py makes: run it", file=sys.stderr)
        return 1 if stale else 0
    for path, text in made().items():
        path.write_text(text, encoding="utf-8")
    return 0


if __name__ == "__main__":
    sys.exit(main())
