use std::collections::BTreeMap;

use portolan_names::{AccountId, RoleArn};

use super::{PlanError, SourceFacts};
use crate::credentials::{Identity, MemberRole, Override, RolePlan, SourceKind};
use crate::secret::Secret;

const TASK: SourceFacts = SourceFacts { kind: SourceKind::Task, is_role: Some(true) };
const USER: SourceFacts = SourceFacts { kind: SourceKind::Keys, is_role: Some(false) };
const TOKEN: SourceFacts = SourceFacts { kind: SourceKind::WebIdentity, is_role: Some(true) };

fn role(text: &str) -> RoleArn {
    RoleArn::parse(text).unwrap()
}

fn account(text: &str) -> AccountId {
    AccountId::parse(text).unwrap()
}

fn organization() -> RolePlan {
    RolePlan {
        list: Some(role("arn:aws:iam::111111111111:role/ops/Read")),
        member: MemberRole::Template { partition: "aws".into(), path_and_name: "ops/Read".into() },
        external_id: Some(Secret::new("planted-external-id")),
        ..RolePlan::of_source("r1")
    }
}

fn errors(plan: &RolePlan, source: SourceFacts) -> Vec<PlanError> {
    plan.check(source).err().unwrap_or_default()
}

#[test]
fn members_are_assumed_from_the_source_and_never_through_the_listing_role() {
    let hops = organization().hops(&Identity::Account(account("222222222222")), SourceKind::Task).unwrap();
    assert_eq!(
        hops.iter().map(|hop| hop.role.as_str()).collect::<Vec<_>>(),
        ["arn:aws:iam::222222222222:role/ops/Read"]
    );
    assert_eq!(hops[0].session_name, "portolan-r1");
    assert_eq!(hops[0].external_id, Some(Secret::new("planted-external-id")));
    assert_eq!((hops[0].duration_s, &hops[0].source_identity, hops[0].by_web_identity), (None, &None, false));
}

#[test]
fn a_hub_stands_before_both_and_takes_the_token_where_there_is_one() {
    let plan = RolePlan { hub: Some(role("arn:aws:iam::333333333333:role/Hub")), ..organization() };
    for who in [Identity::Management, Identity::Account(account("222222222222"))] {
        let hops = plan.hops(&who, SourceKind::WebIdentity).unwrap();
        assert_eq!(hops[0].role.as_str(), "arn:aws:iam::333333333333:role/Hub");
        assert_eq!((hops[0].by_web_identity, &hops[0].external_id), (true, &None));
        assert_eq!((hops[1].by_web_identity, hops[1].external_id.is_some()), (false, true));
    }
    assert!(plan.check(TOKEN).is_ok());
}

#[test]
fn a_token_goes_straight_to_members_without_external_id() {
    let plan = organization();
    let hops = plan.hops(&Identity::Account(account("222222222222")), SourceKind::WebIdentity).unwrap();
    assert_eq!((hops.len(), hops[0].by_web_identity, &hops[0].external_id), (1, true, &None));
    assert_eq!(errors(&plan, TOKEN), [PlanError::ExternalIdWithWebIdentity]);
    let of_peer = RolePlan { external_id_of_peer: true, ..plan };
    assert_eq!(of_peer.check(TOKEN).unwrap().len(), 1);
}

#[test]
fn overrides_replace_role_and_external_id_and_must_lie_in_their_account() {
    let mut plan = organization();
    let own =
        Override { role: Some(role("arn:aws:iam::222222222222:role/Own")), external_id: Some(Secret::new("other")) };
    plan.overrides.insert(account("222222222222"), own.clone());
    let hops = plan.hops(&Identity::Account(account("222222222222")), SourceKind::Task).unwrap();
    assert_eq!((hops[0].role.as_str(), &hops[0].external_id), ("arn:aws:iam::222222222222:role/Own", &own.external_id));
    plan.overrides.insert(account("444444444444"), own);
    assert!(
        matches!(&errors(&plan, TASK)[..], [PlanError::OverrideElsewhere { account, .. }] if account.as_str() == "444444444444")
    );
}

#[test]
fn more_than_an_hour_is_refused_where_a_role_assumes_a_role() {
    let long = RolePlan { duration_s: Some(3601), ..organization() };
    assert!(matches!(&errors(&long, TASK)[..], [PlanError::ChainedDuration { asked: 3601, .. }]));
    assert!(errors(&long, USER).is_empty());
    let through_hub = RolePlan { hub: Some(role("arn:aws:iam::333333333333:role/Hub")), ..long.clone() };
    assert!(matches!(&errors(&through_hub, USER)[..], [PlanError::ChainedDuration { .. }]));
    let direct = RolePlan { external_id: None, ..long.clone() };
    assert!(errors(&direct, TOKEN).is_empty());
    assert!(errors(&RolePlan { duration_s: Some(3600), ..long.clone() }, TASK).is_empty());
    assert!(matches!(
        &errors(&RolePlan { duration_s: Some(899), ..long }, USER)[..],
        [PlanError::Duration { asked: 899 }]
    ));
}

#[test]
fn one_run_stays_in_one_partition() {
    let plan = RolePlan { hub: Some(role("arn:aws-cn:iam::333333333333:role/Hub")), ..organization() };
    assert!(matches!(&errors(&plan, TASK)[..], [PlanError::Partition { role, .. }] if role.partition() == "aws"));
    for partition in ["aws-cn", "aws-us-gov", "aws-eusc", "aws-iso"] {
        let list = role(&format!("arn:{partition}:iam::111111111111:role/Read"));
        let member = MemberRole::Template { partition: partition.into(), path_and_name: "Read".into() };
        let plan = RolePlan { list: Some(list), member, ..organization() };
        assert!(plan.check(TASK).is_ok());
        let hops = plan.hops(&Identity::Account(account("222222222222")), SourceKind::Task).unwrap();
        assert_eq!(hops[0].role.partition(), partition);
    }
}

#[test]
fn texts_that_sts_would_refuse_are_refused_without_showing_the_secret() {
    let plan = RolePlan {
        external_id: Some(Secret::new("planted-external-id\n")),
        session_name: "portolan {run}".into(),
        source_identity: Some("x".into()),
        ..organization()
    };
    let found = errors(&plan, TASK);
    assert_eq!(found.len(), 3, "{found:?}");
    assert!(
        !format!("{found:?} {} {plan:?}", found.iter().map(ToString::to_string).collect::<String>())
            .contains("planted")
    );
}

#[test]
fn listed_roles_are_all_there_is() {
    let listed: BTreeMap<_, _> = [(account("222222222222"), role("arn:aws:iam::222222222222:role/A"))].into();
    let plan = RolePlan { list: None, member: MemberRole::Listed(listed), ..organization() };
    assert!(plan.hops(&Identity::Account(account("222222222222")), SourceKind::Keys).is_ok());
    let other = Identity::Account(account("333333333333"));
    assert_eq!(plan.hops(&other, SourceKind::Keys), Err(PlanError::NoRole(account("333333333333"))));
}
