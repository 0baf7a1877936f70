"""Evaluates AWS's endpoint rule sets, with botocore's own evaluator, into host templates.

A rule set is a program; its answers over all regions are nearly always one template per partition. What is written is
that template, and the regions that answer otherwise. FIPS names are answered only for the regions in which the older
endpoint list names one: the rule sets make a FIPS name up for any region, and a name that does not exist would look
like a service that is absent.
"""

import functools
from collections import Counter

from botocore.endpoint_provider import EndpointProvider
from botocore.exceptions import BotoCoreError

import models
import partitions

# What stands in for a bucket or an account, where the host may depend on one.
SAMPLES = {"Bucket": "example-bucket", "AccountId": "111122223333"}
VARIANTS = {
    "plain": (False, False),
    "fips": (True, False),
    "dual_stack": (False, True),
    "fips_dual_stack": (True, True),
}


def table(services):
    """The host templates of each service, by variant and partition."""
    listed = _listed_variants()
    return {service: _service(service, listed) for service in services}


def _service(service, listed):
    prefix = models.service_model(service)["metadata"]["endpointPrefix"]
    resolver = _resolver(service)
    variants = {}
    for variant, (fips, dual_stack) in VARIANTS.items():
        found = {}
        for partition in models.partitions():
            answers = resolver.answers(partition, fips, dual_stack)
            known = None
            if fips:
                # The list names it, or the rule set says that the plain host is the FIPS host.
                plain = resolver.answers(partition, False, dual_stack)
                known = set(listed.get((partition["id"], prefix, variant), []))
                known |= {region for region in answers if plain.get(region) == answers[region]}
            rule = _rule(answers, partition, known)
            if rule:
                found[partition["id"]] = rule
        variants[variant] = _fold(found)
    return variants


def has_host_of_its_own(service, operation):
    """Whether an operation goes to another host than the service's others: the tables know one host for each service."""
    model = models.service_model(service)
    given = model["operations"][operation]
    if not _fixed(given):
        return False
    members = model["shapes"][given["input"]["shape"]]["members"] if "input" in given else {}
    context = {name: SAMPLES[name] for name in _named(members) if name in SAMPLES}
    usual = _resolver(service).host("us-east-1", {})
    own = _resolver(service).host("us-east-1", {**context, **_fixed(given)})
    # A bucket or an account before the service's host is put there by the model's labels, or by the host program.
    return own is None or not own.endswith(usual)


def _named(members):
    """The rule set's parameters that members of an input give."""
    return [member["contextParam"]["name"] for member in members.values() if "contextParam" in member]


def has_host(service):
    """Whether a region alone tells the service's host."""
    return _resolver(service).host("us-east-1", {}) is not None


@functools.cache
def _resolver(service):
    metadata = models.service_model(service)["metadata"]
    return Resolver(models.endpoint_rules(service), metadata.get("signingName", metadata["endpointPrefix"]), _usual(service))


def _usual(service):
    """The values that most operations fix for the rule set's own parameters: `ServiceType: ACM`.

    Most of all operations, not of those that fix it: Kinesis' queues have a host of their own, and streams none but the
    service's, which no operation says.
    """
    operations = models.service_model(service)["operations"].values()
    counts = Counter(pair for operation in operations for pair in _fixed(operation).items() if isinstance(pair[1], str))
    return {name: value for (name, value), count in counts.items() if 2 * count > len(operations)}


def _fixed(operation):
    return {name: entry["value"] for name, entry in operation.get("staticContextParams", {}).items()}


class Resolver:
    """One service's rule set."""

    def __init__(self, rules, signing_name, usual):
        self._provider = EndpointProvider(rules, {"partitions": models.partitions(), "version": "1.1"})
        self._offered = set(rules["parameters"])
        self._signing_name = signing_name
        self._usual = usual

    def host(self, region, fixed):
        """The host for an operation that fixes these parameters; None where the rule set needs more than that."""
        try:
            return self._provider.resolve_endpoint(Region=region, **{**self._usual, **fixed}).url.partition("://")[2]
        except BotoCoreError:
            return None

    def answers(self, partition, fips, dual_stack):
        """What the rule set says for each region, and for one that does not exist yet: that is the general rule."""
        regions = [_unheard_of(partition), *partitions.regions(partition)]
        found = {region: self._answer(region, fips, dual_stack) for region in regions}
        return {region: answer for region, answer in found.items() if answer}

    def _answer(self, region, fips, dual_stack):
        # The global hosts of S3 and STS are never used: their tokens and redirects depend on the region asked.
        parameters = {**self._usual, "Region": region, "UseFIPS": fips, "UseDualStack": dual_stack, "UseGlobalEndpoint": False}
        parameters = {key: value for key, value in parameters.items() if key in self._offered}
        try:
            endpoint = self._provider.resolve_endpoint(**parameters)
        except BotoCoreError:
            return None
        scheme, _, host = endpoint.url.partition("://")
        if scheme != "https" or "/" in host:
            raise SystemExit(f"{endpoint.url}: not a bare https host")
        schemes = [entry for entry in endpoint.properties.get("authSchemes", []) if entry["name"] == "sigv4"]
        auth = schemes[0] if schemes else {}
        found = {"host": host, "signing_region": auth.get("signingRegion", region)}
        if auth.get("signingName", self._signing_name) != self._signing_name:
            found["signing_name"] = auth["signingName"]
        return found


def _rule(answers, partition, known):
    """The answers of one partition as a template, and the regions where the template is wrong."""
    general = answers.pop(_unheard_of(partition), None)
    if general is None:
        if answers:
            raise SystemExit(f"a rule set answers {sorted(answers)} but no new region: teach it to endpoints.py")
        return None
    rule = _template(general, _unheard_of(partition), partition["outputs"])
    if known is not None:
        if not known:
            return None
        if "signing_region" not in rule:
            answers = {region: answer for region, answer in answers.items() if region in known}
            if not answers:
                return None
            rule["only"] = sorted(answers)
    regions = {region: answer for region, answer in answers.items() if answer != _expand(rule, region, partition)}
    if regions:
        rule["regions"] = regions
    return rule


def _unheard_of(partition):
    return f"{partitions.prefixes(partition['regionRegex'])[0]}-unheardof-9"


def _template(answer, region, outputs):
    rule = {"host": answer["host"]}
    for suffix, name in ((outputs["dualStackDnsSuffix"], "{dual}"), (outputs["dnsSuffix"], "{dns}")):
        if answer["host"].endswith("." + suffix):
            rule["host"] = answer["host"][: -len(suffix)] + name
            break
    rule["host"] = ".".join("{region}" if label == region else label for label in rule["host"].split("."))
    if answer["signing_region"] != region:
        rule["signing_region"] = answer["signing_region"]
    if "signing_name" in answer:
        rule["signing_name"] = answer["signing_name"]
    return rule


def _expand(rule, region, partition):
    outputs = partition["outputs"]
    host = rule["host"].format(region=region, dns=outputs["dnsSuffix"], dual=outputs["dualStackDnsSuffix"])
    answer = {"host": host, "signing_region": rule.get("signing_region", region)}
    if "signing_name" in rule:
        answer["signing_name"] = rule["signing_name"]
    return answer


def _fold(found):
    """Writes the rule that most partitions share once, under `*`, with null for those that have none."""
    plain = [str(rule) for rule in found.values() if "only" not in rule and "regions" not in rule]
    if len(set(plain)) == 0:
        return found
    usual = max(sorted(set(plain)), key=plain.count)
    if plain.count(usual) < 2:
        return found
    shared = next(rule for rule in found.values() if str(rule) == usual)
    folded = {"*": shared}
    for partition in models.partitions():
        rule = found.get(partition["id"])
        if rule != shared:
            folded[partition["id"]] = rule
    return folded


def _listed_variants():
    """Where the endpoint list names a FIPS host: (partition, endpoint prefix, variant) to regions."""
    listed = {}
    for partition in models.endpoints():
        regions = set(partition["regions"])
        for prefix, service in partition["services"].items():
            for name, endpoint in service.get("endpoints", {}).items():
                for variant in endpoint.get("variants", []):
                    tags = set(variant["tags"])
                    if "fips" not in tags:
                        continue
                    key = "fips_dual_stack" if "dualstack" in tags else "fips"
                    region = name if name in regions else endpoint.get("credentialScope", {}).get("region", name)
                    listed.setdefault((partition["partition"], prefix, key), []).append(region)
    return listed
