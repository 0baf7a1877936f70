"""The regions of each account: what account:ListRegions and ec2:DescribeRegions say, and what a closed region answers."""

import json

from answer import Answer, error

OPEN = ("ENABLED", "ENABLED_BY_DEFAULT")
# What ec2:DescribeRegions calls the states of account:ListRegions.
OPT_IN = {"ENABLED_BY_DEFAULT": "opt-in-not-required", "ENABLED": "opted-in"}
# Services that live in one place and are signed for it, whatever the account's regions.
GLOBAL = ("account", "iam", "organizations", "sts")
# How an account's regions that it has not enabled answer, by protocol.
CLOSED = {
    "ec2": ("AuthFailure", "AWS was not able to validate the provided access credentials", 401),
    "query": ("InvalidClientTokenId", "The security token included in the request is invalid", 403),
    "rest-xml": ("InvalidToken", "The provided token is malformed or otherwise invalid.", 400),
}


class Regions:
    """Opt statuses by account; `*` stands for every account that has no table of its own."""

    def __init__(self):
        self.tables = {}

    def of(self, account):
        return self.tables.get(account) or self.tables.get("*") or {}

    def closed(self, call):
        """The answer of a region that the caller's account has not enabled, or None."""
        table = self.of(call.account)
        if not table or call.service in GLOBAL or table.get(call.region) in OPEN:
            return None
        if call.service == "s3" and call.region == "us-east-1":
            return None
        code, message, status = CLOSED.get(call.protocol, ("UnrecognizedClientException", "The security token included in the request is invalid.", None))
        return error(call, code, message, status)

    def list(self, call):
        """account:ListRegions, with its filter; paging is the front's."""
        wanted = call.input.get("RegionOptStatusContains")
        table = self.of(call.account)
        found = [{"RegionName": name, "RegionOptStatus": status} for name, status in sorted(table.items()) if not wanted or status in wanted]
        return Answer(200, {"Content-Type": "application/json"}, json.dumps({"Regions": found}).encode())

    def describe(self, call):
        """ec2:DescribeRegions of the same table."""
        everything = call.input.get("AllRegions") == "true"
        items = ""
        for name, status in sorted(self.of(call.account).items()):
            if everything or status in OPEN:
                opt_in = OPT_IN.get(status, "not-opted-in")
                items += f"<item><regionName>{name}</regionName><regionEndpoint>ec2.{name}.amazonaws.com</regionEndpoint><optInStatus>{opt_in}</optInStatus></item>"
        body = f'<DescribeRegionsResponse xmlns="http://ec2.amazonaws.com/doc/2016-11-15/"><requestId>front-{call.number:06d}</requestId><regionInfo>{items}</regionInfo></DescribeRegionsResponse>'
        return Answer(200, {"Content-Type": "text/xml"}, body.encode())
