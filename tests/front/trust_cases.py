"""Who gets a role, and who is refused in which words: trust documents with callers, as IAM's user guide explains them."""

HOME, MEMBER = "111111111111", "222222222222"
ROLE = f"arn:aws:iam::{MEMBER}:role/path/Read"
NEAR = f"arn:aws:iam::{HOME}:role/Near"
ORGANIZATION = "o-exampleorg1"
USER = f"arn:aws:iam::{HOME}:user/portolan"
TASK = f"arn:aws:iam::{HOME}:role/service/TaskRole"
TASK_SESSION = f"arn:aws:sts::{HOME}:assumed-role/TaskRole/0123abcd"
PODS = f"arn:aws:iam::{HOME}:role/PodRole"
ISSUER = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLE"
PROVIDER = f"arn:aws:iam::{MEMBER}:oidc-provider/{ISSUER}"
SUBJECT = "system:serviceaccount:port:ocean"


def statement(principal, actions="sts:AssumeRole", condition=None, effect="Allow"):
    return {"Effect": effect, "Principal": principal, "Action": actions, **({"Condition": condition} if condition else {})}


def aws(name, *rest, **more):
    return statement({"AWS": name}, *rest, **more)


def only(actions, resource="*", effect="Allow"):
    """An identity policy of one statement."""
    return {"Version": "2012-10-17", "Statement": [{"Effect": effect, "Action": actions, "Resource": resource}]}


# The keys that ask. Those without policies may do everything that is not forbidden elsewhere.
KEYS = {
    "user": {"account": HOME, "arn": USER},
    "root": {"account": HOME, "arn": f"arn:aws:iam::{HOME}:root"},
    "task": {"account": HOME, "arn": TASK_SESSION, "role": TASK},
    "pod": {"account": HOME, "arn": f"arn:aws:sts::{HOME}:assumed-role/PodRole/eks-main", "role": PODS, "transitive_tags": {"eks-cluster-name": "main", "kubernetes-namespace": "port"}},
    "named": {"account": HOME, "arn": f"arn:aws:sts::{HOME}:assumed-role/TaskRole/known", "role": TASK, "source_identity": "alice"},
    "neighbour": {"account": MEMBER, "arn": f"arn:aws:iam::{MEMBER}:user/neighbour", "policies": [only("s3:*")]},
    "nobody": {"account": HOME, "arn": f"arn:aws:iam::{HOME}:user/nobody", "policies": []},
    "reader": {"account": HOME, "arn": f"arn:aws:iam::{HOME}:user/reader", "policies": ["arn:aws:iam::aws:policy/ReadOnlyAccess"]},
    "assumer": {"account": HOME, "arn": f"arn:aws:iam::{HOME}:user/assumer", "policies": [only("sts:AssumeRole", "arn:aws:iam::*:role/path/Read")]},
    "forbidden": {"account": HOME, "arn": f"arn:aws:iam::{HOME}:user/forbidden", "policies": [only("sts:*"), only("sts:AssumeRole", ROLE, "Deny")]},
    "bounded": {"account": HOME, "arn": f"arn:aws:sts::{HOME}:assumed-role/Bounded/x", "role": f"arn:aws:iam::{HOME}:role/Bounded"},
}
BOTH = ["sts:AssumeRole", "sts:TagSession"]
IS_TASK = {"ArnEquals": {"aws:PrincipalArn": TASK}}
NO_IDENTITY, NO_BOUNDARY = "because no identity-based policy allows the {} action", "because no permissions boundary allows the {} action"
EXPLICIT = "with an explicit deny in an identity-based policy"
A, T, S = "sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity"
TAGS = {"Tags": [{"Key": "team", "Value": "web"}]}
# (what it is about, statements of the trust, who asks, arguments, the action that is refused or None, more words).
ASSUME = [
    ("a user by its ARN", [aws(USER)], "user", {}, None),
    ("another user", [aws(USER)], "root", {}, A),
    ("one of several", [aws([PODS, USER])], "user", {}, None),
    ("an account by its root", [aws(f"arn:aws:iam::{HOME}:root")], "user", {}, None),
    ("an account by its number", [aws(HOME)], "task", {}, None),
    ("another account", [aws("333333333333")], "task", {}, A),
    ("everybody", [aws("*")], "user", {}, None),
    ("everybody, but with conditions", [aws("*", condition=IS_TASK)], "user", {}, A),
    ("a service is not a user", [statement({"Service": "ec2.amazonaws.com"})], "user", {}, A),
    ("a role for its session", [aws(TASK)], "task", {}, None),
    ("a session by itself", [aws(TASK_SESSION)], "task", {}, None),
    ("another session of the role", [aws(TASK_SESSION)], "named", {}, A),
    ("a deleted role's identifier", [aws("AROAEXAMPLE123456789")], "task", {}, A),
    ("no statement for this action", [aws(HOME, "sts:TagSession")], "task", {}, A),
    ("a wildcard action", [aws(HOME, "sts:*")], "task", {}, None),
    ("an action in small letters", [aws(HOME, "sts:assumerole")], "task", {}, None),
    # Conditions.
    ("root, and the task's role only", [aws(HOME, condition=IS_TASK)], "task", {}, None),
    ("root, and another's role", [aws(HOME, condition=IS_TASK)], "pod", {}, A),
    ("principal like a pattern", [aws(HOME, condition={"ArnLike": {"aws:PrincipalArn": f"arn:aws:iam::{HOME}:role/*/TaskRole"}})], "task", {}, None),
    ("principal like a text", [aws(HOME, condition={"StringLike": {"aws:PrincipalArn": "*:role/*Role"}})], "task", {}, None),
    ("principal equal to a text", [aws(HOME, condition={"StringEquals": {"aws:PrincipalArn": TASK}})], "task", {}, None),
    ("a session is no principal ARN", [aws(HOME, condition={"StringEquals": {"aws:PrincipalArn": TASK_SESSION}})], "task", {}, A),
    ("the organization", [aws("*", condition={"StringEquals": {"aws:PrincipalOrgID": ORGANIZATION}})], "task", {}, None),
    ("another organization", [aws("*", condition={"StringEquals": {"aws:PrincipalOrgID": "o-other"}})], "task", {}, A),
    ("an external id", [aws(HOME, condition={"StringEquals": {"sts:ExternalId": "right"}})], "user", {"ExternalId": "right"}, None),
    ("a wrong external id", [aws(HOME, condition={"StringEquals": {"sts:ExternalId": "right"}})], "user", {"ExternalId": "Right"}, A),
    ("no external id", [aws(HOME, condition={"StringEquals": {"sts:ExternalId": "right"}})], "user", {}, A),
    ("one of two external ids", [aws(HOME, condition={"StringEquals": {"sts:ExternalId": ["old", "new"]}})], "user", {"ExternalId": "old"}, None),
    ("an external id that nobody asked for", [aws(HOME)], "user", {"ExternalId": "any"}, None),
    ("two conditions, one of them wrong", [aws(HOME, condition={**IS_TASK, "StringEquals": {"sts:ExternalId": "right"}})], "task", {"ExternalId": "wrong"}, A),
    ("two conditions, both right", [aws(HOME, condition={**IS_TASK, "StringEquals": {"sts:ExternalId": "right"}})], "task", {"ExternalId": "right"}, None),
    ("a session's name", [aws(HOME, condition={"StringLike": {"sts:RoleSessionName": "portolan-*"}})], "user", {"RoleSessionName": "portolan-1"}, None),
    ("another session's name", [aws(HOME, condition={"StringLike": {"sts:RoleSessionName": "portolan-*"}})], "user", {"RoleSessionName": "other"}, A),
    ("a session named as its user", [aws(HOME, condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}})], "user", {"RoleSessionName": "portolan"}, None),
    ("a session not named as its user", [aws(HOME, condition={"StringLike": {"sts:RoleSessionName": "${aws:username}"}})], "user", {}, A),
    ("a key that only services have", [aws(HOME, condition={"StringEquals": {"aws:SourceAccount": HOME}})], "user", {}, A),
    ("and the same if it is there", [aws(HOME, condition={"StringEqualsIfExists": {"aws:SourceAccount": "333333333333"}})], "user", {}, None),
    ("a key that must not be there", [aws(HOME, condition={"Null": {"sts:ExternalId": "true"}})], "user", {"ExternalId": "any"}, A),
    ("a region", [aws(HOME, condition={"StringEquals": {"aws:RequestedRegion": "eu-west-1"}})], "user", {}, None),
    # Denials.
    ("a deny beside an allow", [aws(HOME), aws(USER, effect="Deny")], "user", {}, A),
    ("a deny for others", [aws(HOME), aws(TASK, effect="Deny")], "user", {}, None),
    ("a deny unless an external id comes", [aws(HOME), aws("*", condition={"Null": {"sts:ExternalId": "true"}}, effect="Deny")], "user", {}, A),
    ("all but one", [{"Effect": "Allow", "NotPrincipal": {"AWS": [TASK, TASK_SESSION, HOME]}, "Action": A}], "task", {}, A),
    # Both sides: the caller's own policies.
    ("a caller that may nothing", [aws(HOME)], "nobody", {}, A, NO_IDENTITY),
    ("who is named, and may nothing, across accounts", [aws(KEYS["nobody"]["arn"])], "nobody", {}, A, NO_IDENTITY),
    ("a caller that may only read", [aws(HOME)], "reader", {}, A, NO_IDENTITY),
    ("a caller that may have this role", [aws(HOME)], "assumer", {}, None),
    ("a caller with an explicit deny", [aws(HOME)], "forbidden", {}, A, EXPLICIT),
    ("a caller in a boundary", [aws(HOME)], "bounded", {}, A, NO_BOUNDARY),
    ("within the account, by name", [aws(KEYS["neighbour"]["arn"])], "neighbour", {}, None),
    ("within the account, by its root", [aws(MEMBER)], "neighbour", {}, A, NO_IDENTITY),
    ("no trust, and may nothing", [aws("333333333333")], "nobody", {}, A),
    # Tags and source identity are actions of their own.
    ("tags", [aws(HOME, BOTH)], "user", TAGS, None),
    ("tags that the trust does not know", [aws(HOME)], "user", TAGS, T),
    ("tags that the caller may not set", [aws(HOME, BOTH)], "assumer", TAGS, T, NO_IDENTITY),
    ("a tag's value", [aws(HOME, BOTH, condition={"StringEquals": {"aws:RequestTag/team": "web"}})], "user", TAGS, None),
    ("another tag's value", [aws(HOME, BOTH, condition={"StringEquals": {"aws:RequestTag/team": "data"}})], "user", TAGS, A),
    ("tags of these keys only", [aws(HOME, BOTH, condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["team", "stage"]}})], "user", TAGS, None),
    ("a key too many", [aws(HOME, BOTH, condition={"ForAllValues:StringEquals": {"aws:TagKeys": ["stage"]}})], "user", TAGS, A),
    ("Pod Identity's tags", [aws(PODS, BOTH)], "pod", {}, None),
    ("Pod Identity's tags, and AssumeRole alone", [aws(PODS)], "pod", {}, T),
    ("a tag that the pod brings", [aws(PODS, BOTH, condition={"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "port"}})], "pod", {}, None),
    ("a pod of another namespace", [aws(PODS, BOTH, condition={"StringEquals": {"aws:PrincipalTag/kubernetes-namespace": "other"}})], "pod", {}, A),
    ("a source identity", [aws(HOME, [A, S])], "user", {"SourceIdentity": "alice"}, None),
    ("a source identity that is not trusted", [aws(HOME)], "user", {"SourceIdentity": "alice"}, S),
    ("a source identity by its name", [aws(HOME, [A, S], condition={"StringLike": {"sts:SourceIdentity": "a*"}})], "user", {"SourceIdentity": "bob"}, A),
    ("a source identity that is carried on", [aws(HOME)], "named", {}, S),
    ("a source identity that is changed", [aws(HOME, [A, S])], "named", {"SourceIdentity": "bob"}, S),
]
RIGHT = {"iss": f"https://{ISSUER}", "aud": ["sts.amazonaws.com"], "sub": SUBJECT}
BOUND = {"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com", f"{ISSUER}:sub": SUBJECT}}
WEB = "sts:AssumeRoleWithWebIdentity"


def federated(condition=BOUND, provider=PROVIDER, actions=WEB):
    return [statement({"Federated": provider}, actions, condition)]


# (what it is about, statements of the trust, claims, the error's code or None).
WEB_IDENTITY = [
    ("a service account's token", federated(), RIGHT, None),
    ("another audience", federated(), {**RIGHT, "aud": ["kubernetes.default.svc"]}, "AccessDenied"),
    ("another subject", federated(), {**RIGHT, "sub": "system:serviceaccount:port:other"}, "AccessDenied"),
    ("another cluster", federated(), {**RIGHT, "iss": "https://oidc.eks.eu-west-1.amazonaws.com/id/OTHER"}, "AccessDenied"),
    ("no subject asked for", federated({"StringEquals": {f"{ISSUER}:aud": "sts.amazonaws.com"}}), {**RIGHT, "sub": "anybody"}, None),
    ("a subject's pattern", federated({"StringLike": {f"{ISSUER}:sub": "system:serviceaccount:port:*"}}), RIGHT, None),
    ("a pattern where none is read", federated({"StringEquals": {f"{ISSUER}:sub": "system:serviceaccount:port:*"}}), RIGHT, "AccessDenied"),
    ("no conditions", federated(None), RIGHT, None),
    ("a provider in another account", federated(None, PROVIDER.replace(MEMBER, HOME)), RIGHT, "AccessDenied"),
    ("AssumeRole is another action", federated(BOUND, actions=A), RIGHT, "AccessDenied"),
    ("an AWS principal is no provider", [aws("*", WEB)], RIGHT, "AccessDenied"),
    ("azp stands for aud", federated(), {**RIGHT, "aud": "other", "azp": "sts.amazonaws.com"}, None),
    ("a token that is over", federated(), {**RIGHT, "exp": 1}, "ExpiredTokenException"),
    ("no token", federated(), "opaque", "InvalidIdentityToken"),
]
# (what it is about, statements, service, context, tags, the action that is refused or None).
SERVICES = [
    ("ECS", [statement({"Service": "ecs-tasks.amazonaws.com"})], "ecs-tasks.amazonaws.com", {}, {}, None),
    ("EC2 is not ECS", [statement({"Service": "ecs-tasks.amazonaws.com"})], "ec2.amazonaws.com", {}, {}, A),
    ("ECS for this account", [statement({"Service": "ecs-tasks.amazonaws.com"}, condition={"StringEquals": {"aws:SourceAccount": HOME}, "ArnLike": {"aws:SourceArn": f"arn:aws:ecs:*:{HOME}:*"}})], "ecs-tasks.amazonaws.com", {"aws:SourceAccount": HOME, "aws:SourceArn": f"arn:aws:ecs:eu-west-1:{HOME}:task/main/1"}, {}, None),
    ("ECS for another account", [statement({"Service": "ecs-tasks.amazonaws.com"}, condition={"StringEquals": {"aws:SourceAccount": HOME}})], "ecs-tasks.amazonaws.com", {"aws:SourceAccount": "333333333333"}, {}, A),
    ("EC2, which sends no source", [statement({"Service": "ec2.amazonaws.com"}, condition={"StringEquals": {"aws:SourceAccount": HOME}})], "ec2.amazonaws.com", {}, {}, A),
    ("a pod", [statement({"Service": "pods.eks.amazonaws.com"}, BOTH)], "pods.eks.amazonaws.com", {}, {"kubernetes-namespace": "port"}, None),
    ("a pod without TagSession", [statement({"Service": "pods.eks.amazonaws.com"})], "pods.eks.amazonaws.com", {}, {"kubernetes-namespace": "port"}, T),
]
# Documents that AWS does not take as a trust, and a word of its complaint.
MALFORMED = [
    ([{**aws(HOME), "Resource": "*"}], "prohibited field Resource"),
    ([{"Effect": "Allow", "Action": A}], "Principal"),
    ([aws(f"arn:aws:iam::{HOME}:role/*")], "Invalid principal"),
    ([aws(HOME, "s3:GetObject")], "STS AssumeRole actions"),
    ([aws(HOME, condition={"StringSame": {"aws:PrincipalArn": "x"}})], "Condition type"),
    ([{**aws(HOME), "Effect": "Maybe"}], "Syntax errors"),
]
