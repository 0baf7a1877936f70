"""Reads one kind, and says what of it was not read whole.

Ocean deletes what a resync did not bring, unless an error was raised in it. So whatever may be missing is named here: an account
without a session, a listing or a plan that is not whole, a unit that failed, ended early, or was never heard of. A kind that a
region does not have, what a selector excludes, and accounts that are not active are no failures.
"""

import re
import socket

import portolan

from portolan_ocean.estates import Unreadable

# How the package `portolan` says that a name is not known.
UNRESOLVED = re.compile(r"([a-z0-9.-]+) does not resolve$")
# Never absent: a page that is not whole and does not say why.
NOTHING_SAID = portolan.Problem("bad-call", "it did not say why")


class Failures:
    """What was not read whole: for each place the first reasons."""

    def __init__(self, kind):
        self.kind, self.by_place = kind, {}

    def add(self, account, region, why):
        self.by_place.setdefault((account, region), []).append(why)

    def named(self, account, region):
        return (account, region) in self.by_place or (account, None) in self.by_place

    def texts(self):
        texts = []
        for (account, region), reasons in self.by_place.items():
            where = " ".join(part for part in (self.kind, account and f"in account {account}", region) if part)
            texts.append(f"{where}: {'; '.join(list(dict.fromkeys(reasons))[:3])}")
        return texts


def read(estates, index, give):
    """Gives every resource of a kind to `give`; returns texts about what is missing. `give` returns False for what it cannot take."""
    try:
        estate, kind = estates.of(index)
        failures, whole = Failures(kind), set()
        for event in estate.sync(kinds=[kind]):
            take(event, whole, failures, give, estates.accept_denied)
        # Accounts and plans were asked for by the sync, and are remembered.
        unread = expected(estate, kind, failures) - whole
    except (Unreadable, portolan.PortolanError) as error:
        return [f"{estates.places[index][1]}: {error}"]
    for account, region in sorted(unread, key=str):
        if not failures.named(account, region):
            failures.add(account, region, "it ended without having been read to its end")
    return failures.texts()


def expected(estate, kind, failures):
    """The units of a kind that have to be read whole: (account, region)."""
    listing = estate.accounts()
    if not listing.whole:
        failures.add(None, None, "the organization was not listed whole: " + said(listing.problems))
    units = set()
    for account in listing.accounts:
        # What is suspended or excluded is not read; the organization's own kinds are planned for its management account even so.
        if not account.is_active and account.role != "management":
            continue
        try:
            plan = estate.plan(account)
        except portolan.AccountFailed as failed:
            failures.add(account.id, None, text(failed.problem))
            continue
        if not plan.whole:
            failures.add(account.id, None, "its regions are a guess: " + said(plan.problems))
        of_kind = {(account.id, unit.region) for unit in plan.units() if unit.kind == kind}
        if account.is_active and not plan.regions and not of_kind:
            failures.add(account.id, None, "the management account has no role of this name; give it one, or name the account in excludeAccounts")
        units |= of_kind
    return units


def take(event, whole, failures, give, accept_denied):
    """A page, or what failed instead of one. Adds a unit that was read to its end to `whole`."""
    if isinstance(event, portolan.AccountFailed):
        failures.add(event.account.id, None, text(event.problem))
        return
    place = event.account.id, event.region
    if not event.whole and not event.resources and all(is_absent(problem, event.region) for problem in event.problems or [NOTHING_SAID]):
        whole.add(place)
        return
    if not event.whole:
        failures.add(*place, said(event.problems))
    open_ = [problem for problem in event.problems if not accepted(problem, accept_denied)]
    # What passes by itself must not empty what is known: such a resource stays at Port as it is. Where AWS says no, it is handed over
    # without what the call would have filled, as the peer does, or it would never be seen.
    passing = any(problem.class_ != "denied" for problem in open_)
    for line in event.resources:
        if line["gaps"] and (open_ or not event.problems):
            failures.add(*place, f"{', '.join(line['gaps'])} failed: {said(open_)}")
            if passing:
                continue
        if not give(line["resource"]):
            failures.add(*place, f"{line['id']} is larger than a line may be")
    if event.complete:
        whole.add(place)


def accepted(problem, accept_denied):
    """Whether a problem leaves nothing open: the item is gone, the call is not there, or the operator has said that it may be denied."""
    return problem.class_ in ("vanished", "unavailable") or problem.class_ == "denied" and problem.operation in accept_denied


def is_absent(problem, region):
    """Whether a region does not have the service: AWS says so, or the service has no name there while the region has one."""
    if problem.class_ == "unavailable":
        return True
    named = UNRESOLVED.search(problem.message) if problem.class_ == "unreachable" and region else None
    if not named or f".{region}." not in named[1]:
        return False
    domain = named[1].rpartition(f".{region}.")[2]
    return not resolves(named[1]) and resolves(f"sts.{region}.{domain}")


def resolves(host):
    try:
        return bool(socket.getaddrinfo(host, 443))
    except OSError:
        return False


def said(problems):
    """The first problem in full, and how many more there are."""
    if not problems:
        return "it did not say why"
    more = sum(problem.count for problem in problems) - 1
    return text(problems[0]) + (f" (and {more} more)" if more > 0 else "")


def text(problem):
    """A problem as a line: what was asked, what AWS said."""
    parts = [problem.class_, problem.operation, problem.code, problem.message]
    return " ".join(str(part) for part in parts if part) + (f" (request {problem.request_id})" if problem.request_id else "")
