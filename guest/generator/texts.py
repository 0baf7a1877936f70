"""Texts that a string shape allows: ids, names and ARNs that look like AWS's, and whatever else its pattern asks for."""

import random
import re
import re._parser as sre
import warnings

ACCOUNT = "111122223333"
WORDS = ["orders", "billing", "search", "ledger"]
# What EC2 calls its things in their ids.
SHORT = {
    "instance": "i", "volume": "vol", "snapshot": "snap", "image": "ami", "security-group": "sg",
    "internet-gateway": "igw",
    "nat-gateway": "nat", "route-table": "rtb", "network-interface": "eni", "transit-gateway": "tgw", "network-acl": "acl",
    "vpn-connection": "vpn", "vpn-gateway": "vgw", "customer-gateway": "cgw", "launch-template": "lt",
    "allocation": "eipalloc",
    "vpc-endpoint": "vpce", "vpc-peering-connection": "pcx", "dhcp-options": "dopt", "db-instance": "db", "hosted-zone": "Z",
}
# The most that a sampled repetition goes beyond its least.
SLACK = 4

# What a member's name tells of its value; the first that fits. {n} is the item's number, {name} its name.
BY_NAME = [
    (r"(.*)arn", None),
    (r".*(accountid|ownerid|account|owner|awsaccountid)", ACCOUNT),
    (r".*(regionname|region|awsregion)", "{region}"),
    (r".*availabilityzoneid", "euw1-az1"),
    (r".*(availabilityzone|zone)", "{region}a"),
    (r".*cidr.*", "10.{n}.0.0/16"),
    (r".*ipv6.*", "2001:db8::{n}"),
    (r".*ip(address)?", "10.0.0.{n}"),
    (r".*(url|uri|endpoint|location)", "https://{name}.example.com"),
    (r".*(domain|domainname|hostname|dnsname|host)", "{name}.example.com"),
    (r".*email.*", "{name}@example.com"),
    (r".*description", "The {name} of the shop"),
    (r".*version", "1.{n}"),
    (r".*(date|time|timestamp|at)", "2024-01-02T03:04:05Z"),
    (r".*id(entifier)?", "{thing}-0{n}a2b3c4d"),
    (r"key", "team"),
    (r"value", "shop"),
    (r".*", "{name}"),
]


class Texts:
    """Strings for shapes. `number` tells one item from the next: what it makes for two numbers differs."""

    def __init__(self, service, region, distinct=()):
        self.service, self.region, self.distinct = service, region, set(distinct)

    def text(self, shape, member, number, within=""):
        """A text for a member of this name, of the structure `within`."""
        if shape.enum:
            return shape.enum[(number - 1) % len(shape.enum)]
        pattern, least, most = shape.metadata.get("pattern"), shape.metadata.get("min", 0), shape.metadata.get("max")
        candidates = self.candidates(shape, member, number, within)
        for candidate in candidates:
            if len(candidate) < least:
                candidate = candidate + "0123456789abcdef"[: least - len(candidate)]
                candidate += "0" * (least - len(candidate))
            if most and len(candidate) > most:
                # The end tells items apart.
                candidate = candidate[-most:]
            if allowed(pattern, candidate):
                return candidate
        return self.sampled(pattern, least, most, number) or candidates[0]

    def candidates(self, shape, member, number, within):
        name = f"{WORDS[(number - 1) % len(WORDS)]}-{number}"
        thing = thing_of(member, shape, within)
        found = []
        for label in (member, shape.name):
            for pattern, template in BY_NAME:
                if re.fullmatch(pattern, label.lower()):
                    if template is None:
                        found += self.arns(thing, name)
                    elif member not in self.distinct or "{n" in template or "{thing}" in template:
                        short = SHORT.get(thing, thing)
                        found.append(template.format(n=number, name=name, region=self.region, thing=short))
                    break
        found += [name, f"{thing}-0{number}a2b3c4d", f"{thing}{number}", f"{WORDS[(number - 1) % len(WORDS)]}{number}"]
        found += [f"{number:08x}-0000-4000-8000-{number:012x}", f"{number}", *self.arns(thing, name)]
        found += [f"2024-01-02T03:04:0{number % 10}Z", f"{number:012d}", f"{number:032x}", f"/{name}"]
        found += [f"{name}.example.com"]
        return found

    def arns(self, thing, name):
        prefix = f"arn:aws:{self.service}:{self.region}:{ACCOUNT}"
        return [f"{prefix}:{thing}/{name}", f"{prefix}:{thing}:{name}", f"{prefix}:{name}", f"arn:aws:{self.service}:::{name}"]

    def sampled(self, pattern, least, most, number):
        """A text by the pattern alone; None where none is found in a few attempts."""
        tree = parsed(pattern)
        if tree is None:
            return None
        rng = random.Random(f"{pattern} {number}")
        for slack in (SLACK, 0, 1, 2, 12, least, (most or least) // 2):
            for _ in range(3):
                text = sample(tree, rng, slack)
                if len(text) >= least and (not most or len(text) <= most) and allowed(pattern, text):
                    return text
        return None


def thing_of(member, shape, within):
    """`nodegroupArn` is about a nodegroup, and so is the `arn` of a Nodegroup."""
    label = member if member.lower() not in ("id", "arn", "name", "identifier", "") else within or shape.name
    stem = re.sub(r"(?i)(arn|id|identifier|name|list|type)s?$", "", label) or "thing"
    return re.sub(r"[^a-z0-9]+", "-", re.sub(r"([a-z0-9])([A-Z])", r"\1-\2", stem).lower()).strip("-") or "thing"


def allowed(pattern, text):
    if not pattern:
        return True
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return re.fullmatch(spelt(pattern), text) is not None
    except re.error:
        return True


# Java's names of sets of characters, in Python's spelling.
CLASSES = {
    r"\p{L}": "a-zA-Z", r"\p{N}": "0-9", r"\p{Z}": " ", r"\p{M}": "", r"\p{S}": "$+", r"\p{P}": ".,", r"\p{C}": "\x01",
    r"\P{C}": r"\x20-\x7e", r"\p{Alnum}": "a-zA-Z0-9", r"\p{IsAlphabetic}": "a-zA-Z", r"\p{Space}": r"\s",
    r"\p{ASCII}": r"\x20-\x7e", r"\p{Print}": r"\x20-\x7e", r"\p{Graph}": r"\x21-\x7e", r"\h": " ",
}


def spelt(pattern):
    """A pattern of Java's in Python's spelling."""
    for theirs, ours in CLASSES.items():
        pattern = pattern.replace(theirs, ours)
    return pattern


def parsed(pattern):
    if not pattern:
        return None
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return sre.parse(spelt(pattern))
    except (re.error, OverflowError):
        return None


def sample(tree, rng, slack):
    """A text of a parsed pattern. What looks around and what is anchored is not looked at."""
    found = []
    for operator, given in tree:
        name = str(operator)
        if name == "LITERAL":
            found.append(chr(given))
        elif name == "NOT_LITERAL":
            found.append("a" if given != ord("a") else "b")
        elif name == "ANY":
            found.append(rng.choice("abcdef0123456789"))
        elif name == "IN":
            found.append(one_of(given, rng))
        elif name in ("MAX_REPEAT", "MIN_REPEAT", "POSSESSIVE_REPEAT"):
            low, high, inner = given
            times = rng.randint(low, min(int(high), low + slack))
            found.extend(sample(inner, rng, slack) for _ in range(times))
        elif name == "SUBPATTERN":
            found.append(sample(given[3], rng, slack))
        elif name == "ATOMIC_GROUP":
            found.append(sample(given, rng, slack))
        elif name == "BRANCH":
            found.append(sample(rng.choice(given[1]), rng, slack))
    return "".join(found)


# Characters that are tried first where a set allows many.
USUAL = "abcdefghijklmnopqrstuvwxyz0123456789"
ALL = [chr(code) for code in range(0x20, 0x7F)]


def one_of(members, rng):
    negated = any(str(operator) == "NEGATE" for operator, _ in members)
    chosen = {character for character in ALL if any(covers(member, character) for member in members) != negated}
    usual = [character for character in USUAL if character in chosen]
    if usual:
        return rng.choice(usual)
    return rng.choice(sorted(chosen)) if chosen else "a"


def covers(member, character):
    operator, given = str(member[0]), member[1]
    if operator == "LITERAL":
        return ord(character) == given
    if operator == "RANGE":
        return given[0] <= ord(character) <= given[1]
    if operator == "CATEGORY":
        kind = str(given)
        inside = {
            "DIGIT": character.isdigit(),
            "WORD": character.isalnum() or character == "_",
            "SPACE": character.isspace(),
        }[kind.rpartition("_")[2]]
        return inside != ("_NOT_" in kind)
    return False
