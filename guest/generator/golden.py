#!/usr/bin/env python3
"""Makes and checks the golden cases of kinds: recorded exchanges, and the lines that must come of them.

    python3 guest/generator/golden.py KIND…              # make: from moto where tests/estate has the kind, else made up
    python3 guest/generator/golden.py --all              # every kind that has no case yet
    python3 guest/generator/golden.py --stale            # those whose stored case does not hold any more
    python3 guest/generator/golden.py --check [KIND…]    # read the stored exchanges again, and compare

What is expected is read by botocore's parsers and reference.py. No code of the guest has a part in it.
A case that was written by hand (without `made`) is only written over with --force.
"""

import argparse
import json
import sys

import cases
import catalog
import reference
from answers import Refused
from cases import REGION, Stored, Unmade, lines_of, path_of, region_of

def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("kinds", nargs="*", metavar="KIND")
    arguments.add_argument("--all", action="store_true", help="every kind without a case; with --force, every kind")
    arguments.add_argument("--stale", action="store_true", help="every kind whose case does not hold any more")
    arguments.add_argument("--check", action="store_true", help="write nothing; exit 1 where a case does not hold")
    arguments.add_argument("--moto", action="store_true", help="from moto only")
    arguments.add_argument("--synthetic", action="store_true", help="made up, even where moto could answer")
    arguments.add_argument("--force", action="store_true", help="write over cases written by hand, too")
    chosen = arguments.parse_args()
    known = catalog.kinds()
    unknown = [kind for kind in chosen.kinds if kind not in known]
    if unknown:
        sys.exit(f"no such kind: {', '.join(unknown)}")
    if chosen.check:
        sys.exit(check_all(chosen.kinds or sorted(known)))
    kinds = chosen.kinds
    if chosen.all:
        kinds = [kind for kind in known if chosen.force or not path_of(kind).exists()]
    if chosen.stale:
        kinds = [kind for kind in known if path_of(kind).exists() and check(kind)]
    if not kinds:
        sys.exit("nothing to make")
    sys.exit(make_all(kinds, chosen))


# Checking


def check_all(kinds):
    wrong = 0
    for kind in kinds:
        for message in check(kind):
            print(f"{kind}: {message}")
            wrong += 1
    print(f"{len(kinds)} kinds, {wrong} findings", file=sys.stderr)
    return 1 if wrong else 0


def check(kind):
    """What is wrong with a kind's stored case."""
    path = path_of(kind)
    if not path.exists():
        return ["has no golden case"]
    case = json.loads(path.read_text())
    _, definition = catalog.kinds()[kind]
    if case["kind"] != kind:
        return [f"the case is of {case['kind']}"]
    if case["region"] != (REGION if definition["scope"] == "region" else None):
        return [f"the case's region is {case['region']}"]
    stored = Stored(case["exchanges"])
    try:
        lines = lines_of(kind, stored.call)
    except Exception as error:  # noqa: BLE001 - any failure is a finding about this case
        return [f"{type(error).__name__}: {error}"]
    found = [f"not asked: {json.dumps(exchange)[:200]}" for exchange in stored.left]
    return found + differences(lines, case["expected"])


def differences(lines, expected):
    found = []
    for number, (line, stored) in enumerate(zip(lines, expected)):
        found.extend(f"line {number} {text}" for text in differing(line, stored, ""))
    if len(lines) != len(expected):
        found.append(f"{len(lines)} lines, where {len(expected)} are expected")
    return found


def differing(one, other, path):
    """Where two values differ, as text."""
    if isinstance(one, dict) and isinstance(other, dict):
        for name in sorted({*one, *other}):
            if name not in one or name not in other:
                side = "not expected" if name in one else "missing"
                yield f"{path}.{name} {side}: {json.dumps(one.get(name, other.get(name)))[:200]}"
            else:
                yield from differing(one[name], other[name], f"{path}.{name}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for number, (first, second) in enumerate(zip(one, other)):
            yield from differing(first, second, f"{path}[{number}]")
    elif json.dumps(one) != json.dumps(other):
        yield f"{path}: read {json.dumps(one)[:200]}, expected {json.dumps(other)[:200]}"


# Making


def make_all(kinds, chosen):
    import recording
    import synthetic

    failed = 0
    for kind in kinds:
        path = path_of(kind)
        if path.exists() and "made" not in json.loads(path.read_text()) and not chosen.force:
            print(f"{kind}: written by hand; --force writes over it")
            continue
        service, definition = catalog.kinds()[kind]
        estate = None if chosen.synthetic else recording.estate(service).get(kind)
        try:
            if "made" in definition:
                made, exchanges, lines = "from the account", [], lines_of(kind, None)
            elif estate:
                exchanges, lines, made_up = recording.record(kind, service, estate, region_of(definition))
                made = " and made up ".join(["moto", ", ".join(made_up)]) if made_up else "moto"
            elif chosen.moto:
                raise Unmade(f"tests/estate/{service.replace('-', '_')}.py has it not in KINDS")
            else:
                made = "synthetic"
                exchanges, lines = synthetic.case(kind, service, definition, region_of(definition))
            case = finished(kind, definition, made, exchanges, lines)
        except (Unmade, reference.Unreadable, Refused) as error:
            print(f"{kind}: {error}")
            failed += 1
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(cases.written(case))
        print(f"{kind}: {made}, {len(exchanges)} exchanges, {len(lines)} lines, {len(path.read_text())} bytes")
        for message in check(kind):
            print(f"{kind}: {message}")
            failed += 1
    return 1 if failed else 0


def finished(kind, definition, made, exchanges, lines):
    """The case of these exchanges, after a look at what no case may have."""
    resources = [line for line in lines if "id" in line]
    if not resources:
        raise Unmade("there is no resource in it")
    ids = [line["id"] for line in resources]
    if len(ids) != len(set(ids)):
        raise Unmade("two resources have the same id")
    gaps = sorted({gap for line in resources for gap in line["gaps"]})
    if gaps:
        raise Unmade(f"nothing answered {', '.join(gaps)}" + refusals(exchanges))
    for line in resources:
        if not line["arn"] and definition["arn"]:
            raise Unmade(f"{line['id']} has no ARN")
    region = REGION if definition["scope"] == "region" else None
    exchanges = [cases.told(definition, exchange) for exchange in cases.in_order(exchanges)]
    return {"kind": kind, "region": region, "made": made, "exchanges": exchanges, "expected": lines}


def refusals(exchanges):
    said = [str(exchange["body"])[:300] for exchange in exchanges if exchange.get("status", 200) >= 300]
    return ": " + " ".join(said) if said else ""


if __name__ == "__main__":
    main()
