"""Holds what came out against what a case expects: patterns as JSON, read by `complaints`."""

import json

# What a pattern may say instead of a value: {"$has": "rule verb"}.
WORDS = {
    "$has": lambda said, wanted: wanted in (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)),
    "$lacks": lambda said, wanted: wanted not in (said if isinstance(said, str) else json.dumps(said, ensure_ascii=False)),
    "$any": lambda said, wanted: said in wanted,
    "$any-of": lambda said, wanted: any(not complaints(pattern, said, "") for pattern in wanted),
    "$min": lambda said, wanted: isinstance(said, (int, float)) and said >= wanted,
    "$max": lambda said, wanted: isinstance(said, (int, float)) and said <= wanted,
    "$bytes-max": lambda said, wanted: isinstance(said, str) and len(said.encode()) <= wanted,
    "$length": lambda said, wanted: matches_length(said, wanted),
    "$printable": lambda said, wanted: isinstance(said, str) and said.isprintable() == wanted,
    "$each": lambda said, wanted: isinstance(said, list) and not [c for item in said for c in complaints(wanted, item, "")],
    "$some": lambda said, wanted: isinstance(said, list) and any(not complaints(wanted, item, "") for item in said),
}
# How much of a value a complaint shows.
SHOWN = 300


def matches_length(said: object, wanted: object) -> bool:
    return isinstance(said, (list, str)) and not complaints(wanted, len(said), "")


def complaints(pattern: object, value: object, at: str) -> list[str]:
    """What does not fit: an object is a subset, a list has the same length, `$…` words are tests, all else is equal."""
    if isinstance(pattern, dict) and pattern and all(name.startswith("$") for name in pattern):
        return [f"{at}: {shown(value)} is not {name} {shown(wanted)}" for name, wanted in pattern.items() if not WORDS[name](value, wanted)]
    if isinstance(pattern, dict):
        if not isinstance(value, dict):
            return [f"{at}: {shown(value)} instead of {shown(pattern)}"]
        absent = [name for name in pattern if pattern[name] is not None and name not in value]
        if absent:
            return [f"{at}: no {', '.join(absent)} in {shown(value)}"]
        return [c for name, wanted in pattern.items() for c in complaints(wanted, value.get(name), f"{at}.{name}")]
    if isinstance(pattern, list):
        if not isinstance(value, list) or len(value) != len(pattern):
            count = len(value) if isinstance(value, list) else "no"
            return [f"{at}: {count} items instead of {len(pattern)}: {shown(value)}"]
        return [c for index, wanted in enumerate(pattern) for c in complaints(wanted, value[index], f"{at}[{index}]")]
    return [] if pattern == value and type(pattern) is type(value) else [f"{at}: {shown(value)} instead of {shown(pattern)}"]


def shown(value: object) -> str:
    text = json.dumps(value, ensure_ascii=False)
    return text if len(text) <= SHOWN else text[:SHOWN] + "…"


def notes_of(call: str, value: dict) -> "list | None":
    """What the puppet noted, wherever the call's answer has a place for it."""
    try:
        if call in ("sync-page", "read-resources"):
            return [json.loads(line)["resource"]["Properties"] for line in value["resources"].splitlines()]
        if call == "map-resources":
            return [json.loads(line)["entity"] for line in value["entities"].splitlines()]
        if call == "discover-accounts":
            return [note for account in value["accounts"] if account["id"] == "notes" for note in json.loads(account["details"])]
        if call == "plan":
            return [json.loads(problem["message"]) for problem in value["problems"] if problem["class"] == "limit"]
        if call == "open":
            return [json.loads(warning["message"]) for warning in value["warnings"]]
    except (KeyError, TypeError, ValueError):
        return None
    return None


def outcome(call: str, reply: dict) -> dict:
    """A reply as patterns see it: members of the record besides `notes`, `log` and `error`."""
    said = {"log": [{"level": level, "message": message} for level, message in reply.get("log", [])]}
    if "error" in reply:
        return {**said, "error": reply["error"]}
    value = reply.get("ok")
    if not isinstance(value, dict):
        return {**said, "error": {"class": "no-reply", "message": shown(reply)}}
    return {**value, **said, "notes": notes_of(call, value)}
