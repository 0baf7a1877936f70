"""docs/defaults.md: its text, and what each kind becomes."""

HEAD = """# Default mapping and blueprints

Every kind of the catalogue comes with a mapping and a blueprint, ready to install:

```console
$ portolan defaults mapping > port-app-config.yml
$ portolan defaults blueprints > blueprints.json
$ portolan defaults mapping --kind AWS::EC2::Instance --kind AWS::EC2::VPC      # only these, and the account
$ portolan validate --mapping port-app-config.yml
$ portolan map --mapping port-app-config.yml --kind AWS::EC2::Instance
```

A mapping also says which kinds are read. Heavy ones (builds, images, snapshots, quotas) are left out unless `--kind` names them
or `--all` takes {kinds}. Relations to blueprints that were not chosen are left out as well, of the mapping and of the
blueprints, so that what is printed stands by itself; the account's are always there.

## Identifiers

An entity's identifier is unique over accounts and regions, and a relation gives exactly the identifier of its target.

- The ARN, where the resource says it, or another id that AWS makes unique everywhere (a UUID, a hosted zone's id).
- `REGION/ID` for EC2's and Direct Connect's ids. AWS gives an id once in a region, whatever the account: a shared subnet has
  one id in all accounts that see it. The region is in it because the older ids of eight digits are not unique beyond one. So
  relations into a VPC that another account owns are right, too.
- `ACCOUNT/REGION/NAME`, or `ACCOUNT/NAME` for global kinds, where there is a name only. A relation to one of these is to the
  same account and region, or is made of an ARN that names both.

An account is `awsAccount`, by its id. Every kind has the relation `account`. What AWS shares stands under the account that
owns it, where that is read.

The peer identifies an instance and a volume by its id alone, and SES identities, configuration sets, deployments and deployment
targets by a name or an id that another account may have as well. These six are different here, and so is that of its example
for EKS clusters, which reads a member that there is not; all other identifiers of its 33 kinds are the peer's, so that entities which are already there stay the same ones. Names of properties are those of the peer's
examples, as its public repository has them; `tests/data/peer-properties.tsv` lists them. Where an example reads a member that
its integration does not give (`KmsKeyArn`, `InstanceArn`, `Tags` of an Aurora cluster, `UserName` of a MemoryDB user), the
property of that name has the right value here.

Eight of those properties are whole structures with secrets in them: a function's or a build project's `environment`, the
`containerDefinitions` of a task, the `stages`, `actions`, `variables` and `output` of pipelines, a database's
`pendingModifiedValues`. They have a digest in place of each secret, and `portolan validate` says so; nothing else of the
mapping is warned of.

## Relations

A relation is null, or an empty list, where the resource has none. With `createMissingRelatedEntities: true`, as here and at
the peer, Port makes an empty entity where a target is not read. That is so for:

- AWS's own keys, roles, parameter groups: they exist, and no kind lists them;
- resources in accounts or regions that are not read, and kinds that are not in the mapping;
- untouched default VPCs, their subnets and security groups, and service-linked roles, unless `includeDefaults` is set.

What commonly points at resources that are gone has no relation, only the id as a property: the volume of a snapshot, the image
of an instance.

## What costs a call

Properties and relations marked ¹ below are null until the action in the last column is added to `includeActions`: it is one
call for each resource. Where an action asks for many at once, or where a page without it would tell little (a bucket's
encryption and public access, a target group's targets, an account's place in the organization), the default mapping has it.

`state`, `status` and counts change often. An entity that changed is sent again, so a kind whose counts are of no interest is
cheaper without them.

## Of each kind

| kind | blueprint | identifier | properties | relations | actions |
| --- | --- | --- | --- | --- | --- |
"""


def page(kinds, decided):
    lines = [HEAD.replace("{kinds}", f"all {len(kinds)} kinds")]
    for entry in kinds:
        mark = {name: "¹" for name in entry["asked"]}
        properties = " ".join(f"{name}{mark.get(name, '')}" for name in entry["mapping"]["properties"])
        relations = " ".join(
            f"{name}{mark.get(name, '')}→{target['target']}{'[]' if target['many'] else ''}"
            for name, target in entry["blueprint"]["relations"].items()
        )
        asked = " ".join([*entry["actions"], *(f"{name}¹" for name in dict.fromkeys(entry["asked"].values()))])
        chosen = decided[entry["kind"]]
        lines.append(
            f"| {entry['kind']} | {chosen['blueprint']} | `{chosen['identifier']}` | {properties} | {relations} | {asked} |\n"
        )
    return "".join(lines)
