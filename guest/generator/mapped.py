"""What real jq makes of resources by a whole mapping, for the tests of the default one.

    target/generator/bin/python guest/generator/mapped.py MAPPING.yml < RESOURCES.jsonl

One line for each entity, in the order of the resources: {"identifier", "blueprint", "entity"}. It is mapping.py's evaluation.
"""

import functools
import json
import sys

import jq
import mapping
import yaml

mapping.jq = type("Compiled", (), {"compile": staticmethod(functools.cache(jq.compile))})


def main():
    with open(sys.argv[1]) as file:
        resources = {entry["kind"]: entry for entry in yaml.safe_load(file)["resources"]}
    for text in sys.stdin:
        resource = json.loads(text)
        for line in mapping.entities(0, resources[resource["Type"]], {"id": "", "resource": resource}):
            print(json.dumps({name: line.get(name) for name in ("identifier", "blueprint", "entity", "failed")}))


if __name__ == "__main__":
    main()
