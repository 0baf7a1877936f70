"""Rules that tests set: what the front does to calls that match, instead of or on top of moto's answer.

A rule is {"do": …, "account", "region", "service", "operation", "contains", "after", "times", …}. What a rule does not
name matches everything; `contains` looks in the target and the body; the first `after` matches are let through; it
works `times` times, or always. Of several that match, the first answers; delays add up.
"""

import dataclasses

import answer as answers

# These change or replace an answer that moto has given; the others answer in moto's place.
AFTER = ("truncate", "cut", "html", "error-in-200", "not-utf8", "empty", "repeat-token", "endless-tokens", "replace")
BEFORE = ("deny", "throttle", "error", "delay", "drop", "status")
HTML = b"<!DOCTYPE html><html><head><title>Welcome</title></head><body><p>Sign in to this network &nbsp; to go on.</p></body></html>"


@dataclasses.dataclass
class Rule:
    fields: dict
    matched: int = 0
    used: int = 0

    def takes(self, call):
        """Whether the rule works on this call; counts the match."""
        for name in ("account", "region", "service", "operation"):
            wanted = self.fields.get(name)
            if wanted is None or wanted == "*":
                continue
            if getattr(call, name) not in (wanted if isinstance(wanted, list) else [wanted]):
                return False
        text = self.fields.get("contains")
        if text is not None and text not in call.target and text.encode() not in call.body:
            return False
        self.matched += 1
        times = self.fields.get("times")
        if self.matched <= self.fields.get("after", 0) or (times is not None and self.used >= times):
            return False
        self.used += 1
        return True


class Rules:
    def __init__(self):
        self.all = []

    def add(self, fields):
        if fields.get("do") not in AFTER + BEFORE:
            raise ValueError(f"no such thing to do: {fields.get('do')!r}")
        if fields["do"] == "deny" and fields.get("by", "identity") not in answers.REASONS:
            raise ValueError(f"no such policy: {fields['by']!r}")
        self.all.append(Rule(fields))
        return len(self.all) - 1

    def take(self, call):
        """(milliseconds to wait, the first rule that answers or spoils, or None)."""
        wait, chosen = 0, None
        for rule in self.all:
            if chosen is not None and rule.fields["do"] != "delay":
                continue
            if rule.takes(call):
                if rule.fields["do"] == "delay":
                    wait += rule.fields.get("ms", 0)
                else:
                    chosen = rule.fields
        return wait, chosen


def before(call, rule):
    """The answer of a rule that stands in moto's place."""
    do = rule["do"]
    if do == "deny":
        return answers.denied(call, rule.get("by", "identity"), rule.get("resource", "*"))
    if do == "throttle":
        return answers.throttled(call, rule.get("retry_after_ms"))
    if do == "error":
        return answers.error(call, rule["code"], rule.get("message", "The front was told to say so."), rule.get("status"))
    if do == "status":
        return answers.Answer(rule["status"], {"Content-Type": "text/plain"}, rule.get("body", "").encode())
    return answers.Answer(0, {}, b"", cut=0)


def after(call, rule, answer):
    """What a rule makes of moto's answer."""
    do = rule["do"]
    if do == "truncate":
        answer.body = answer.body[: len(answer.body) // 2]
    elif do == "cut":
        answer.cut = len(answer.body) // 2
    elif do == "html":
        answer = answers.Answer(200, {"Content-Type": "text/html"}, HTML)
    elif do == "error-in-200":
        answer = answers.error(call, rule.get("code", "InternalError"), rule.get("message", "We encountered an internal error. Please try again."), 200)
    elif do == "not-utf8":
        middle = len(answer.body) // 2
        answer.body = answer.body[:middle] + b"\xff\xfe\xc3\x28" + answer.body[middle:]
    elif do == "empty":
        answer.body = b""
    elif do == "replace":
        answer.body = answer.body.replace(rule["old"].encode(), rule["new"].encode())
    return answer
