"""What the estate has of WAF."""

TAGS = [{"Key": "team", "Value": "web"}]


def seen(name):
    return {"SampledRequestsEnabled": True, "CloudWatchMetricsEnabled": True, "MetricName": name}


def ip_set(wafv2, scope):
    """The ARN of the estate's set in a scope."""
    for known in wafv2.list_ip_sets(Scope=scope)["IPSets"]:
        if known["Name"] == "estate-offices":
            return known["ARN"]
    return wafv2.create_ip_set(
        Name="estate-offices",
        Scope=scope,
        Description="Where we sit",
        IPAddressVersion="IPV4",
        Addresses=["198.51.100.0/24", "203.0.113.7/32"],
        Tags=TAGS,
    )["Summary"]["ARN"]


def ip_sets(aws):
    """AWS::WAFv2::IPSet"""
    ip_set(aws("wafv2"), "REGIONAL")
    ip_set(aws("wafv2", "us-east-1"), "CLOUDFRONT")


def web_acls(aws):
    """AWS::WAFv2::WebACL"""
    for wafv2, scope in ((aws("wafv2"), "REGIONAL"), (aws("wafv2", "us-east-1"), "CLOUDFRONT")):
        if "estate-shop" in [known["Name"] for known in wafv2.list_web_acls(Scope=scope)["WebACLs"]]:
            continue
        wafv2.create_web_acl(
            Name="estate-shop",
            Scope=scope,
            Description="In front of the shop",
            DefaultAction={"Allow": {}},
            VisibilityConfig=seen("estate-shop"),
            Rules=[
                {
                    "Name": "offices",
                    "Priority": 0,
                    "Statement": {"IPSetReferenceStatement": {"ARN": ip_set(wafv2, scope)}},
                    "Action": {"Allow": {}},
                    "VisibilityConfig": seen("offices"),
                },
                {
                    "Name": "common",
                    "Priority": 1,
                    "Statement": {
                        "ManagedRuleGroupStatement": {"VendorName": "AWS", "Name": "AWSManagedRulesCommonRuleSet"}
                    },
                    "OverrideAction": {"None": {}},
                    "VisibilityConfig": seen("common"),
                },
            ],
            Tags=TAGS,
        )


KINDS = {"AWS::WAFv2::WebACL": web_acls, "AWS::WAFv2::IPSet": ip_sets}
