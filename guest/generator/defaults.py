#!/usr/bin/env python3
"""Writes the default mapping and blueprints of every kind from guest/defaults, and docs/defaults.md.

    target/generator/bin/python guest/generator/defaults.py [--check]

What a person decides stands in guest/defaults/SERVICE.yaml, whose words its README.md explains. Here it is held against the
kinds' definitions and AWS's models: every path exists, every relation leads to a kind and to its identifier, nothing is
longer than Port takes. Types come from the models.
"""

import json
import re
import sys
from pathlib import Path

import catalog
import yaml
from default_expressions import context, identifier, property_of, quoted, relation, title
from default_paths import NoPath, needs, optional, type_of
from defaults_page import page

ROOT = Path(__file__).resolve().parents[2]
DECIDED = ROOT / "guest" / "defaults"
OUT = ROOT / "host" / "defaults"
PAGE = ROOT / "docs" / "defaults.md"
ACCOUNT = "AWS::Account::Info"
KEYS = {"blueprint", "title", "icon", "identifier", "name", "actions", "properties", "relations"}
# Port refuses longer ones; the peer's own titles are cut to as much.
IDENTIFIER_CHARS_MAX = 30
TITLE_CHARS_MAX = 30
# Where a title would be longer.
SHORTER = {
    "Registered": "Reg", "Configuration": "Config", "Configurations": "Configs", "Replication": "Repl", "Identifier": "Id",
    "Identifiers": "Ids", "Availability": "Avail", "Authentication": "Auth", "Maintenance": "Maint", "Preferred": "Pref",
    "Instances": "Inst", "Instance": "Inst", "Approximate": "Approx", "Messages": "Msgs", "Message": "Msg",
    "Percentage": "Percent", "Seconds": "Secs", "Period": "Period", "Available": "Avail", "Parameter": "Param",
}
ACRONYMS = {
    "id": "ID", "ids": "IDs", "arn": "ARN", "arns": "ARNs", "url": "URL", "uri": "URI", "uris": "URIs", "ip": "IP", "ips": "IPs",
    "dns": "DNS", "kms": "KMS", "vpc": "VPC", "vpcs": "VPCs", "iam": "IAM", "cpu": "CPU", "http": "HTTP", "https": "HTTPS",
    "tls": "TLS", "ssh": "SSH", "ssl": "SSL", "az": "AZ", "db": "DB", "ecs": "ECS", "eks": "EKS", "efs": "EFS", "ebs": "EBS",
    "ec2": "EC2", "ecr": "ECR", "s3": "S3", "mfa": "MFA", "ttl": "TTL", "asn": "ASN", "cidr": "CIDR", "cidrs": "CIDRs",
    "acl": "ACL", "ou": "OU", "ipv4": "IPv4", "ipv6": "IPv6", "waf": "WAF", "sse": "SSE", "gb": "GB", "gib": "GiB", "mb": "MB",
    "os": "OS", "ca": "CA", "vcpus": "vCPUs", "nat": "NAT", "mtu": "MTU", "vlan": "VLAN", "cname": "CNAME", "ami": "AMI",
    "uuid": "UUID", "api": "API", "apis": "APIs", "iops": "IOPS", "mac": "MAC", "vpn": "VPN", "crc": "CRC", "json": "JSON", "oidc": "OIDC", "saml": "SAML", "sha256": "SHA-256", "bgp": "BGP", "uid": "UID", "gid": "GID",
}


class Wrong(Exception):
    """What a person decided does not hold."""


def decided():
    """{kind: decisions}, in the order of the catalog."""
    found = {}
    for path in sorted(DECIDED.glob("*.yaml")):
        for kind, decisions in yaml.safe_load(path.read_text()).items():
            if catalog.kinds().get(kind, (None,))[0] != path.stem:
                raise Wrong(f"{path.name}: {kind} is no kind of {path.stem}")
            found[kind] = decisions
    missing = [kind for kind in catalog.kinds() if kind not in found]
    if missing:
        raise Wrong(f"without a default mapping: {', '.join(missing)}")
    return {kind: found[kind] for kind in catalog.kinds()}


def built(kind, all_decided):
    """The mapping and the blueprint of a kind, and what its page says of it."""
    decisions = all_decided[kind]
    unknown = decisions.keys() - KEYS
    if unknown:
        raise Wrong(f"{kind}: unknown keys {', '.join(sorted(unknown))}")
    actions = decisions.get("actions", [])
    for name in actions:
        if name not in optional(kind):
            raise Wrong(f"{kind}: {name} is no optional action")
    properties, types, asked = {}, {}, {}
    for name, spec in properties_of(kind, decisions).items():
        properties[name], types[name] = property_of(kind, name, spec, actions)
        for path in paths_of(spec):
            lacking = needs(kind, path, actions)
            known = isinstance(spec, dict) and spec.get("needs")
            if lacking and name.lower() != "tags" and known not in lacking:
                raise Wrong(f"{kind} {name}: {path} needs one of {', '.join(lacking)}: `actions`, or `needs` at the property")
            if lacking:
                asked[name] = lacking[0]
    relations, targets = {}, {}
    for name, spec in relations_of(kind, decisions).items():
        if spec["to"] not in all_decided:
            raise Wrong(f"{kind} {name}: {spec['to']} is no kind")
        relations[name], many = relation(kind, spec, all_decided[spec["to"]], actions)
        for path in [*paths_of(spec), *spec.get("reads", [])]:
            lacking = needs(kind, path, actions)
            if lacking and spec.get("needs") not in lacking:
                raise Wrong(f"{kind} {name}: {path} needs one of {', '.join(lacking)}")
            if lacking:
                asked[name] = lacking[0]
        targets[name] = {
            "title": titled(kind, name, {}), "target": all_decided[spec["to"]]["blueprint"], "many": many, "required": False,
        }
    blueprint = {
        "identifier": decisions["blueprint"],
        "title": decisions["title"],
        "icon": decisions.get("icon", "AWS"),
        "schema": {"properties": types, "required": []},
        "mirrorProperties": {},
        "calculationProperties": {},
        "aggregationProperties": {},
        "relations": targets,
    }
    for text, most in [(decisions["blueprint"], IDENTIFIER_CHARS_MAX), (decisions["title"], TITLE_CHARS_MAX)]:
        if len(text) > most:
            raise Wrong(f"{kind}: {text} is longer than {most} characters")
    both = properties.keys() & relations.keys()
    if both:
        raise Wrong(f"{kind}: both property and relation: {', '.join(sorted(both))}")
    for name, value in types.items():
        value["title"] = titled(kind, name, decisions.get("properties", {}).get(name))
    mapping = {
        "identifier": identifier(kind, decisions["identifier"], actions),
        "title": title(kind, decisions.get("name"), catalog.kinds()[kind][1], actions),
        "blueprint": json.dumps(decisions["blueprint"]),
        "properties": properties,
        "relations": relations,
    }
    return {"kind": kind, "actions": actions, "mapping": mapping, "blueprint": blueprint, "asked": asked}


def properties_of(kind, decisions):
    """What a person chose, and the region, where there is one."""
    chosen = dict(decisions.get("properties", {}))
    if catalog.kinds()[kind][1]["scope"] == "region" and "region" not in chosen:
        chosen["region"] = {"jq": context("Region"), "type": "string"}
    return chosen


def relations_of(kind, decisions):
    """The account, which every kind has, and what a person chose."""
    chosen = decisions.get("relations", {})
    if kind == ACCOUNT or "account" in chosen:
        return chosen
    return {"account": {"to": ACCOUNT, "jq": context("AccountId")}, **chosen}


def paths_of(spec):
    """The paths below Properties that a property or a relation reads."""
    if isinstance(spec, str):
        return [spec]
    if "jq" in spec:
        found = re.findall(r"\.Properties((?:\.\w+(?:\[\])?\??)+)", spec["jq"])
        # What stands behind the brackets is of another value; `reads` names it.
        return [path.replace("?", "").strip(".").removesuffix("[]") for path in found]
    found = [spec[key] for key in ("path", "arn") if key in spec]
    if "id" in spec:
        found += [part for part in spec["id"].split("/")]
    return found


def titled(kind, name, spec):
    if isinstance(spec, dict) and "title" in spec:
        text = spec["title"]
    else:
        words = re.findall(r"[A-Z]+(?=[A-Z][a-z])|[A-Z]?[a-z]+\d*|[A-Z]+\d*|\d+", name)
        words = re.findall(r"\S+", re.sub(r"\bDynamo DB\b", "DynamoDB", " ".join(words)))
        words = [ACRONYMS.get(word.lower(), word[:1].upper() + word[1:]) for word in words]
        text = " ".join(words)
        if len(text) > TITLE_CHARS_MAX:
            text = " ".join(SHORTER.get(word, word) for word in words)
    if len(text) > TITLE_CHARS_MAX:
        raise Wrong(f"{kind} {name}: the title {text!r} is longer than {TITLE_CHARS_MAX} characters: give it a `title`")
    return text


def yaml_of(kinds):
    """The whole port-app-config.yml. One line for each expression: `portolan defaults --kind` takes it apart by lines."""
    lines = [
        "# The default mapping of Portolan, written by guest/generator/defaults.py: docs/defaults.md.",
        "deleteDependentEntities: true",
        "createMissingRelatedEntities: true",
        "resources:",
    ]
    for entry in kinds:
        lines += [f"  - kind: {entry['kind']}", "    selector:", "      query: 'true'"]
        if entry["actions"]:
            lines += ["      includeActions:", *(f"        - {name}" for name in entry["actions"])]
        lines += ["    port:", "      entity:", "        mappings:"]
        for name, value in entry["mapping"].items():
            if isinstance(value, str):
                lines.append(f"          {name}: {quoted(value)}")
            elif value:
                lines += [f"          {name}:", *(f"            {inner}: {quoted(text)}" for inner, text in value.items())]
    return "\n".join(lines) + "\n"


def main():
    all_decided = decided()
    wrong, kinds = [], []
    for kind in all_decided:
        try:
            kinds.append(built(kind, all_decided))
        except (Wrong, NoPath, KeyError, ValueError) as error:
            wrong.append(f"{kind}: {error!r}")
    blueprints = [entry["blueprint"] for entry in kinds]
    names = [blueprint["identifier"] for blueprint in blueprints]
    wrong += [f"{name} is the blueprint of two kinds" for name in {name for name in names if names.count(name) > 1}]
    if wrong:
        sys.exit("\n".join(wrong))
    results = {
        OUT / "port-app-config.yml": yaml_of(kinds),
        OUT / "blueprints.json": json.dumps(blueprints, indent=1, ensure_ascii=False) + "\n",
        PAGE: page(kinds, all_decided),
    }
    if "--check" in sys.argv:
        stale = [path.name for path, text in results.items() if not path.exists() or path.read_text() != text]
        if stale:
            sys.exit(f"stale: {', '.join(stale)}: run guest/generator/defaults.py")
        return
    OUT.mkdir(exist_ok=True)
    for path, text in results.items():
        path.write_text(text)
    count = sum(len(entry["mapping"]["relations"]) for entry in kinds)
    print(f"{len(kinds)} kinds, {sum(len(entry['mapping']['properties']) for entry in kinds)} properties, {count} relations")


if __name__ == "__main__":
    main()
