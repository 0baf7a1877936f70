"""The condition operators of IAM policies, as the IAM user guide describes them.

A context is a dictionary from condition keys in lower case to lists of values. A key that is missing makes a positive
operator fail and a negated one hold; `…IfExists` holds; `ForAllValues:` holds, `ForAnyValue:` fails.
"""

import datetime
import functools
import ipaddress
import re

QUALIFIERS = ("ForAnyValue", "ForAllValues")
VARIABLE = re.compile(r"\$\{([^}]*)\}")
# `${*}` and the like stand for the character itself, which then is no wildcard: they are hidden until a pattern is read.
LITERALS = {"*": "\ue000", "?": "\ue001", "$": "$"}


@functools.lru_cache(maxsize=4096)
def pattern(text, ignore_case=False):
    """A pattern of IAM's: `*` is any number of characters, `?` is one."""
    parts = {"*": ".*", "?": ".", "\ue000": r"\*", "\ue001": r"\?"}
    return re.compile("".join(parts.get(letter) or re.escape(letter) for letter in text), re.DOTALL | (re.IGNORECASE if ignore_case else 0))


def like(wanted, value, ignore_case=False):
    return pattern(wanted, ignore_case).fullmatch(value) is not None


def arn_like(wanted, value):
    """Part by part: a wildcard does not reach over a colon, but for the last part."""
    if wanted == "*":
        return True
    parts, found = wanted.split(":", 5), value.split(":", 5)
    return len(parts) == len(found) == 6 and all(map(like, parts, found))


def substituted(text, context):
    """A value with its policy variables filled in; None where one has no value, which then matches nothing."""
    missing = []

    def fill(match):
        name, _, default = match[1].partition(",")
        name = name.strip()
        if name in LITERALS:
            return LITERALS[name]
        values = context.get(name.lower(), [])
        if len(values) == 1:
            return values[0].replace("*", LITERALS["*"]).replace("?", LITERALS["?"])
        default = default.strip()
        if len(default) >= 2 and default[0] == default[-1] == "'":
            return default[1:-1]
        missing.append(name)
        return ""

    made = VARIABLE.sub(fill, text)
    return None if missing else made


def plain(text):
    """A value whose hidden wildcards are characters again."""
    return text.replace("\ue000", "*").replace("\ue001", "?")


def moment(text):
    if re.fullmatch(r"\d+", text):
        return float(text)
    found = datetime.datetime.fromisoformat(text.replace("Z", "+00:00"))
    return (found if found.tzinfo else found.replace(tzinfo=datetime.timezone.utc)).timestamp()


def compared(read, compare):
    def operator(wanted, value):
        try:
            return compare(read(value), read(plain(wanted)))
        except ValueError:
            return False

    return operator


def inside(wanted, value):
    try:
        return ipaddress.ip_address(value) in ipaddress.ip_network(plain(wanted), strict=False)
    except ValueError:
        return False


ORDERS = {
    "Equals": lambda left, right: left == right,
    "LessThan": lambda left, right: left < right,
    "LessThanEquals": lambda left, right: left <= right,
    "GreaterThan": lambda left, right: left > right,
    "GreaterThanEquals": lambda left, right: left >= right,
}
POSITIVE = {
    "StringEquals": lambda wanted, value: plain(wanted) == value,
    "StringEqualsIgnoreCase": lambda wanted, value: plain(wanted).lower() == value.lower(),
    "StringLike": like,
    "ArnEquals": arn_like,
    "ArnLike": arn_like,
    "Bool": lambda wanted, value: plain(wanted).lower() == value.lower(),
    "IpAddress": inside,
    "BinaryEquals": lambda wanted, value: plain(wanted) == value,
    **{f"Numeric{name}": compared(float, order) for name, order in ORDERS.items()},
    **{f"Date{name}": compared(moment, order) for name, order in ORDERS.items()},
}
NEGATED = {
    "StringNotEquals": POSITIVE["StringEquals"],
    "StringNotEqualsIgnoreCase": POSITIVE["StringEqualsIgnoreCase"],
    "StringNotLike": like,
    "ArnNotEquals": arn_like,
    "ArnNotLike": arn_like,
    "NumericNotEquals": POSITIVE["NumericEquals"],
    "DateNotEquals": POSITIVE["DateEquals"],
    "NotIpAddress": inside,
}


def taken_apart(name):
    """(qualifier or None, operator, whether …IfExists) of an operator's name; raises ValueError for what IAM has not."""
    qualifier, _, rest = name.rpartition(":")
    operator = rest.removesuffix("IfExists")
    known = operator in POSITIVE or operator in NEGATED or rest == "Null"
    if not known or (qualifier and (qualifier not in QUALIFIERS or rest == "Null")):
        raise ValueError(f"no such condition operator: {name}")
    return qualifier or None, operator, operator != rest


def hold(block, context, variables):
    """Whether all conditions of a statement hold: every operator, every key of it, one of the key's values."""
    return all(holds(name, key, wanted, context, variables) for name, keys in block.items() for key, wanted in keys.items())


def holds(name, key, wanted, context, variables):
    qualifier, operator, if_exists = taken_apart(name)
    values = context.get(key.lower())
    if operator == "Null":
        return any((text.lower() == "true") == (not values) for text in wanted)
    if not values:
        return if_exists or qualifier == "ForAllValues" or (qualifier is None and operator in NEGATED)
    if variables:
        wanted = [text for text in (substituted(text, context) for text in wanted) if text is not None]
    test = NEGATED.get(operator) or POSITIVE[operator]

    def one(value):
        return any(test(text, value) for text in wanted) != (operator in NEGATED)

    if qualifier == "ForAllValues" or (qualifier is None and operator in NEGATED):
        return all(map(one, values))
    return any(map(one, values))
