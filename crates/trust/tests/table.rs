//! Trust documents and what is to be said of them. The documents are AWS's own forms, as the IAM user guide and the guides of
//! the services show them; the verdicts were written down by hand.
#![expect(clippy::unwrap_used, clippy::indexing_slicing, reason = "what is not there fails the test")]

use std::collections::BTreeSet;

use portolan_names::AccountId;
use portolan_trust::{Flag, GateKind, Organization, Place, PrincipalKind, Standpoint, judge};
use serde_json::{Value, json};

use Flag::{
    NotPrincipal, OidcWithoutAudience, OidcWithoutSubject, OtherOrganization, OutsideWithoutExternalId, PrincipalGone,
    WildcardSubject, WildcardWithoutCondition,
};

const OWN: &str = "111122223333";
const SISTER: &str = "222233334444";
const VENDOR: &str = "999988887777";

fn account(id: &str) -> AccountId {
    AccountId::parse(id).unwrap()
}

fn in_organization() -> Standpoint {
    let accounts = BTreeSet::from([account(OWN), account(SISTER)]);
    Standpoint {
        account: account(OWN),
        organization: Some(Organization { id: Some("o-a1b2c3d4e5".to_owned()), accounts }),
    }
}

/// One statement; `condition` null for none.
fn trust(principal: Value, action: &str, condition: Value) -> Value {
    let mut statement = json!({"Effect": "Allow", "Principal": principal, "Action": action});
    if !condition.is_null() {
        statement["Condition"] = condition;
    }
    json!({"Version": "2012-10-17", "Statement": [statement]})
}

/// What is to be said of the only grant of a document.
#[track_caller]
fn check(name: &str, document: &Value, kind: PrincipalKind, place: Place, flags: &[Flag]) {
    let verdict = judge(document, &in_organization());
    assert_eq!(verdict.grants.len(), 1, "{name}: {verdict:?}");
    let grant = &verdict.grants[0];
    assert!(grant.assumes, "{name}");
    assert_eq!((grant.principal.kind, grant.place), (kind, place), "{name}: {grant:?}");
    assert_eq!(grant.flags, flags.iter().copied().collect(), "{name}: {grant:?}");
}

const ASSUME: &str = "sts:AssumeRole";
const WEB: &str = "sts:AssumeRoleWithWebIdentity";

#[test]
fn accounts_roles_and_users() {
    use PrincipalKind::{Account, Role, Session, User};
    let aws = |principal: &str, condition: Value| trust(json!({"AWS": principal}), ASSUME, condition);
    let root = |id: &str| format!("arn:aws:iam::{id}:root");
    check("own root", &aws(&root(OWN), Value::Null), Account, Place::OwnAccount, &[]);
    check("own id", &aws(OWN, Value::Null), Account, Place::OwnAccount, &[]);
    check("sister", &aws(&root(SISTER), Value::Null), Account, Place::Organization, &[]);
    check("outside", &aws(&root(VENDOR), Value::Null), Account, Place::Outside, &[OutsideWithoutExternalId]);
    check("outside, by id", &aws(VENDOR, Value::Null), Account, Place::Outside, &[OutsideWithoutExternalId]);
    let external = json!({"StringEquals": {"sts:ExternalId": "12345"}});
    check("third party", &aws(&root(VENDOR), external.clone()), Account, Place::Outside, &[]);
    let role = format!("arn:aws:iam::{VENDOR}:role/ocean/collector");
    check("their role", &aws(&role, external), Role, Place::Outside, &[]);
    check("their role, bare", &aws(&role, Value::Null), Role, Place::Outside, &[OutsideWithoutExternalId]);
    check(
        "their user",
        &aws(&format!("arn:aws:iam::{VENDOR}:user/bob"), Value::Null),
        User,
        Place::Outside,
        &[OutsideWithoutExternalId],
    );
    check("own role", &aws(&format!("arn:aws:iam::{OWN}:role/x"), Value::Null), Role, Place::OwnAccount, &[]);
    let session = format!("arn:aws:sts::{SISTER}:assumed-role/Admin/alice");
    check("a session", &aws(&session, Value::Null), Session, Place::Organization, &[]);
    let federated = format!("arn:aws:sts::{OWN}:federated-user/JohnDoe");
    check("a federated user", &aws(&federated, Value::Null), Session, Place::OwnAccount, &[]);
    check("GovCloud", &aws("arn:aws-us-gov:iam::111122223333:root", Value::Null), Account, Place::OwnAccount, &[]);
    // The account, held to one of its principals by its ARN.
    let by_arn = json!({"ArnEquals": {"aws:PrincipalArn": format!("arn:aws:iam::{SISTER}:role/PortOceanTaskRole")}});
    check("root held to a role", &aws(&root(SISTER), by_arn), Account, Place::Organization, &[]);
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    check("with a second factor", &aws(&root(VENDOR), mfa), Account, Place::Outside, &[OutsideWithoutExternalId]);
}

/// What looks like asking for an external id and does not: an absent key passes, or any value does.
#[test]
fn external_ids_that_are_not_asked_for() {
    let vendor = |condition: Value| trust(json!({"AWS": VENDOR}), ASSUME, condition);
    for condition in [
        json!({"StringEqualsIfExists": {"sts:ExternalId": "12345"}}),
        json!({"StringLike": {"sts:ExternalId": "*"}}),
        json!({"StringLike": {"sts:ExternalId": ["abc", "*"]}}),
        json!({"StringNotEquals": {"sts:ExternalId": "12345"}}),
        json!({"ForAllValues:StringEquals": {"sts:ExternalId": "12345"}}),
        json!({"Null": {"sts:ExternalId": "false"}}),
        json!({"StringEquals": {"sts:ExternalId": []}}),
    ] {
        check(
            &condition.to_string(),
            &vendor(condition.clone()),
            PrincipalKind::Account,
            Place::Outside,
            &[OutsideWithoutExternalId],
        );
    }
    for condition in [
        json!({"StringEquals": {"sts:ExternalId": ["12345", "67890"]}}),
        json!({"StringLike": {"STS:externalid": "port-*"}}),
        json!({"StringEquals": {"sts:ExternalId": "*"}}),
    ] {
        check(&condition.to_string(), &vendor(condition.clone()), PrincipalKind::Account, Place::Outside, &[]);
    }
}

#[test]
fn external_ids_are_not_told() {
    let document =
        trust(json!({"AWS": VENDOR}), ASSUME, json!({"StringEquals": {"sts:ExternalId": "the-secret-of-both"}}));
    let verdict = judge(&document, &in_organization());
    assert!(verdict.grants[0].asks_external_id());
    assert!(!serde_json::to_string(&verdict).unwrap().contains("the-secret-of-both"));
}

#[test]
fn wildcards_and_organizations() {
    use PrincipalKind::{Account, Anyone};
    let open = [WildcardWithoutCondition, OutsideWithoutExternalId];
    let any = |condition: Value| trust(json!({"AWS": "*"}), ASSUME, condition);
    check("anyone", &any(Value::Null), Anyone, Place::Anywhere, &open);
    check("anyone, bare", &trust(json!("*"), ASSUME, Value::Null), Anyone, Place::Anywhere, &open);
    check("anyone, in a list", &trust(json!({"AWS": ["*"]}), "*", Value::Null), Anyone, Place::Anywhere, &open);
    let ours = json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}});
    check("our organization", &any(ours), Anyone, Place::Organization, &[]);
    let theirs = json!({"StringEquals": {"aws:PrincipalOrgID": "o-zzzzzzzzzz"}});
    check("another organization", &any(theirs), Anyone, Place::Outside, &[OutsideWithoutExternalId, OtherOrganization]);
    let both = json!({"StringEquals": {"aws:PrincipalOrgID": ["o-a1b2c3d4e5", "o-zzzzzzzzzz"]}});
    check("both", &any(both), Anyone, Place::Outside, &[OutsideWithoutExternalId, OtherOrganization]);
    let paths = json!({"ForAnyValue:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/*"}});
    check("one of our units", &any(paths), Anyone, Place::Organization, &[]);
    // An absent key passes: whoever is in no organization comes in.
    let all_values = json!({"ForAllValues:StringLike": {"aws:PrincipalOrgPaths": "o-a1b2c3d4e5/r-ab12/*"}});
    check("not ours after all", &any(all_values), Anyone, Place::Anywhere, &open);
    let if_exists = json!({"StringEqualsIfExists": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}});
    check("ours, if any", &any(if_exists), Anyone, Place::Anywhere, &open);
    let account = json!({"StringEquals": {"aws:PrincipalAccount": [OWN, SISTER]}});
    check("two accounts", &any(account), Anyone, Place::Organization, &[]);
    let arn =
        json!({"ArnLike": {"aws:PrincipalArn": format!("arn:aws:iam::{OWN}:role/aws-reserved/sso.amazonaws.com/*")}});
    check("roles of ours", &any(arn), Anyone, Place::OwnAccount, &[]);
    let anywhere = json!({"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/PortOceanTaskRole"}});
    check("a role of that name anywhere", &any(anywhere), Anyone, Place::Anywhere, &open);
    // Each of these was taken for closed once.
    for pattern in ["arn:aws:iam::*", "arn:*", "*role/Deploy", "*"] {
        let loose = json!({"StringLike": {"aws:PrincipalArn": pattern}});
        check("a pattern that anybody's role fits", &any(loose), Anyone, Place::Anywhere, &open);
    }
    for (key, pattern) in
        [("aws:PrincipalOrgID", "o-*"), ("aws:PrincipalOrgPaths", "o-*/*"), ("aws:PrincipalAccount", "1*")]
    {
        let loose = json!({"StringLike": {key: pattern}});
        check("anybody's organization or account", &any(loose), Anyone, Place::Anywhere, &open);
    }
    let mfa = json!({"Bool": {"aws:MultiFactorAuthPresent": "true"}});
    check("a second factor is no name", &any(mfa), Anyone, Place::Anywhere, &open);
    let external = json!({"StringEquals": {"sts:ExternalId": "12345"}});
    check("whoever knows it", &any(external), Anyone, Place::Anywhere, &[]);
    let network = json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}});
    check("from a network", &any(network), Anyone, Place::Anywhere, &[OutsideWithoutExternalId]);
    let whole_network = json!({"IpAddress": {"aws:SourceIp": "0.0.0.0/0"}});
    check("from every network", &any(whole_network), Anyone, Place::Anywhere, &open);
    let name = json!({"StringLike": {"sts:RoleSessionName": "${aws:username}"}});
    check("the caller names the session", &any(name), Anyone, Place::Anywhere, &open);
    // The vendor's account, held to our organization: nobody of it is let in, and nobody has to be listed as outside.
    let held = json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}});
    check("held to us", &trust(json!({"AWS": VENDOR}), ASSUME, held), Account, Place::Organization, &[]);
}

#[test]
fn without_an_organization_every_other_account_is_outside() {
    let alone = Standpoint::of_account(account(OWN));
    let sister = judge(&trust(json!({"AWS": SISTER}), ASSUME, Value::Null), &alone);
    assert_eq!((sister.grants[0].place, sister.flags()), (Place::Outside, BTreeSet::from([OutsideWithoutExternalId])));
    // Whose organization it is cannot be told then.
    let condition = json!({"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}});
    let by_organization = judge(&trust(json!("*"), ASSUME, condition), &alone);
    assert_eq!(by_organization.grants[0].place, Place::Outside);
    assert!(!by_organization.flags().contains(&OtherOrganization));
}

#[test]
fn federations() {
    use PrincipalKind::{Cognito, Oidc, Saml};
    let provider = |path: &str| json!({"Federated": format!("arn:aws:iam::{OWN}:oidc-provider/{path}")});
    let github = |condition: Value| trust(provider("token.actions.githubusercontent.com"), WEB, condition);
    let (aud, sub) = ("token.actions.githubusercontent.com:aud", "token.actions.githubusercontent.com:sub");
    let place = Place::Federation;
    check("nothing asked", &github(Value::Null), Oidc, place, &[OidcWithoutAudience, OidcWithoutSubject]);
    let audience = json!({"StringEquals": {aud: "sts.amazonaws.com"}});
    check("audience alone", &github(audience), Oidc, place, &[OidcWithoutSubject]);
    let exact = json!({"StringEquals": {aud: "sts.amazonaws.com", sub: "repo:port-labs/ocean:ref:refs/heads/main"}});
    check("both", &github(exact), Oidc, place, &[]);
    let like = json!({"StringEquals": {aud: "sts.amazonaws.com"}, "StringLike": {sub: "repo:port-labs/*"}});
    check("any repository of theirs", &github(like), Oidc, place, &[WildcardSubject]);
    let all = json!({"StringEquals": {aud: "sts.amazonaws.com"}, "StringLike": {sub: "*"}});
    check("any subject", &github(all), Oidc, place, &[WildcardSubject, OidcWithoutSubject]);
    // The keys of another provider are absent from its tokens: nobody gets in, and nothing is asked of whom it is about.
    let other = json!({"StringEquals": {"gitlab.com:aud": "x", "gitlab.com:sub": "y"}});
    check("another's keys", &github(other), Oidc, place, &[OidcWithoutAudience, OidcWithoutSubject]);
    let eks = "oidc.eks.eu-west-1.amazonaws.com/id/EXAMPLED539D4633E53DE1B71EXAMPLE";
    let (aud, sub) = (format!("{eks}:aud"), format!("{eks}:sub"));
    let irsa = json!({"StringEquals": {&aud: "sts.amazonaws.com", &sub: "system:serviceaccount:port:ocean"}});
    check("a service account", &trust(provider(eks), WEB, irsa), Oidc, place, &[]);
    let spaces = json!({"StringLike": {&aud: "sts.amazonaws.com", &sub: "system:serviceaccount:*:ocean"}});
    check("in any namespace", &trust(provider(eks), WEB, spaces), Oidc, place, &[WildcardSubject]);
    let google = json!({"StringEquals": {"accounts.google.com:aud": "66677788899900pro0"}});
    check(
        "Google",
        &trust(json!({"Federated": "accounts.google.com"}), WEB, google),
        Oidc,
        place,
        &[OidcWithoutSubject],
    );
    let facebook =
        json!({"StringEquals": {"graph.facebook.com:app_id": "111222333444555", "graph.facebook.com:id": "1"}});
    check("Facebook", &trust(json!({"Federated": "graph.facebook.com"}), WEB, facebook), Oidc, place, &[]);
    let pool = json!({
        "StringEquals": {"cognito-identity.amazonaws.com:aud": "us-east-1:12345678-abcd-abcd-abcd-123456790ab"},
        "ForAnyValue:StringLike": {"cognito-identity.amazonaws.com:amr": "authenticated"},
    });
    let cognito = json!({"Federated": "cognito-identity.amazonaws.com"});
    check("Cognito", &trust(cognito.clone(), WEB, pool), Cognito, place, &[]);
    check("any pool", &trust(cognito, WEB, Value::Null), Cognito, place, &[OidcWithoutAudience]);
    let saml = trust(
        json!({"Federated": format!("arn:aws:iam::{OWN}:saml-provider/ADFS")}),
        "sts:AssumeRoleWithSAML",
        json!({"StringEquals": {"SAML:aud": "https://signin.aws.amazon.com/saml"}}),
    );
    check("SAML", &saml, Saml, place, &[]);
    let gates = judge(&saml, &in_organization()).grants[0].gates.clone();
    assert_eq!((gates[0].kind, gates[0].closes), (GateKind::Audience, true));
}

#[test]
fn services() {
    use PrincipalKind::Service;
    let service = |name: &str, condition: Value| trust(json!({"Service": name}), ASSUME, condition);
    check("EC2", &service("ec2.amazonaws.com", Value::Null), Service, Place::Service, &[]);
    let task = json!({
        "ArnLike": {"aws:SourceArn": format!("arn:aws:ecs:eu-west-1:{OWN}:*")},
        "StringEquals": {"aws:SourceAccount": OWN},
    });
    check("ECS", &service("ecs-tasks.amazonaws.com", task.clone()), Service, Place::Service, &[]);
    let kinds: BTreeSet<GateKind> = judge(&service("ecs-tasks.amazonaws.com", task), &in_organization()).grants[0]
        .gates
        .iter()
        .map(|gate| gate.kind)
        .collect();
    assert_eq!(kinds, BTreeSet::from([GateKind::SourceAccount, GateKind::SourceArn]));
    let pods = json!({"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Principal": {"Service": "pods.eks.amazonaws.com"}, "Action": ["sts:AssumeRole", "sts:TagSession"],
    }});
    check("pods", &pods, Service, Place::Service, &[]);
    assert!(judge(&pods, &in_organization()).from_outside().next().is_none());
}

#[test]
fn what_does_not_exist_any_more_is_told() {
    for id in ["AROADBQP57FF2AEXAMPLE", "AIDACKCEVSQ6C2EXAMPLE"] {
        check(
            id,
            &trust(json!({"AWS": id}), ASSUME, Value::Null),
            PrincipalKind::Gone,
            Place::Nowhere,
            &[PrincipalGone],
        );
    }
    let canonical = trust(
        json!({"CanonicalUser": "79a59df900b949e55d96a1e698fbacedfd6e09d98eacf8f8d5218e7cd47ef2be"}),
        ASSUME,
        Value::Null,
    );
    check("canonical", &canonical, PrincipalKind::Unknown, Place::Nowhere, &[]);
}

#[test]
fn all_but_one_is_everybody() {
    let document = json!({"Version": "2012-10-17", "Statement": [{
        "Effect": "Allow", "NotPrincipal": {"AWS": format!("arn:aws:iam::{OWN}:user/Bob")}, "Action": ASSUME,
    }]});
    let flags = [NotPrincipal, WildcardWithoutCondition, OutsideWithoutExternalId];
    check("all but Bob", &document, PrincipalKind::User, Place::Anywhere, &flags);
}

#[test]
fn denials_are_told_and_take_nobody_off() {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": ASSUME, "Condition": {"StringEquals": {"sts:ExternalId": "1"}}},
        {"Effect": "Deny", "Principal": {"AWS": format!("arn:aws:iam::{VENDOR}:role/bad")}, "Action": ASSUME},
        {"Effect": "Deny", "NotPrincipal": {"AWS": format!("arn:aws:iam::{VENDOR}:role/good")}, "Action": ASSUME},
    ]});
    let verdict = judge(&document, &in_organization());
    assert_eq!(verdict.from_outside().count(), 1);
    let denied: Vec<(bool, usize)> = verdict.denied.iter().map(|denied| (denied.all_but, denied.statement)).collect();
    assert_eq!(denied, [(false, 2), (true, 3)]);
    assert!(verdict.notes.iter().any(|note| note.contains("not evaluated")));
}

/// Who may only tag a session, or whose action does not fit, does not assume the role by that statement.
#[test]
fn actions_tell_who_assumes() {
    let assumes = |principal: Value, action: Value| {
        let document = json!({"Statement": [{"Effect": "Allow", "Principal": principal, "Action": action}]});
        judge(&document, &in_organization()).grants[0].assumes
    };
    assert!(!assumes(json!({"AWS": VENDOR}), json!(["sts:TagSession", "sts:SetSourceIdentity"])));
    assert!(!assumes(json!({"AWS": VENDOR}), json!(WEB)));
    assert!(!assumes(json!({"Federated": format!("arn:aws:iam::{OWN}:saml-provider/x")}), json!(ASSUME)));
    for action in ["sts:*", "*", "STS:assumerole", "sts:AssumeRole*"] {
        assert!(assumes(json!({"AWS": VENDOR}), json!(action)), "{action}");
        assert!(
            action.contains("ole") && !action.contains('*')
                || assumes(json!({"Federated": "accounts.google.com"}), json!(action))
        );
    }
    let inverted = json!({"Statement": [{"Effect": "Allow", "Principal": {"AWS": VENDOR}, "NotAction": "s3:*"}]});
    assert!(judge(&inverted, &in_organization()).grants[0].assumes);
    // Tagging alone is no way in, so nothing is flagged for it.
    let document = trust(json!({"AWS": VENDOR}), "sts:TagSession", Value::Null);
    assert!(judge(&document, &in_organization()).flags().is_empty());
}

#[test]
fn several_principals_and_statements_each_have_their_verdict() {
    let document = json!({"Version": "2012-10-17", "Statement": [
        {"Effect": "Allow", "Principal": {"AWS": [OWN, format!("arn:aws:iam::{VENDOR}:role/x")], "Service": ["ec2.amazonaws.com", "ssm.amazonaws.com"]}, "Action": ASSUME},
        {"Effect": "Allow", "Principal": {"AWS": VENDOR}, "Action": ASSUME, "Condition": {"StringEquals": {"sts:ExternalId": "1"}}},
    ]});
    let verdict = judge(&document, &in_organization());
    let places: Vec<(Place, usize, bool)> =
        verdict.grants.iter().map(|grant| (grant.place, grant.statement, grant.flags.is_empty())).collect();
    let expected = [
        (Place::OwnAccount, 1, true),
        (Place::Outside, 1, false),
        (Place::Service, 1, true),
        (Place::Service, 1, true),
        (Place::Outside, 2, true),
    ];
    assert_eq!(places, expected);
}
