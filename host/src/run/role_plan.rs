//! The roles of a run, from its settings.

use crate::aws::SessionPolicies;
use crate::config::settings::{AccountsFrom, Management, Settings};
use crate::credentials::{ManagementPolicy, MemberRole, Override, RolePlan, session_name};
use crate::manifest::CallNeed;

/// What to assume for which account. `self` assumes nothing.
#[must_use]
pub fn role_plan(settings: &Settings, run_id: &str) -> RolePlan {
    let roles = &settings.roles;
    let mut plan = RolePlan::of_source(run_id);
    plan.session_name = session_name(&roles.session_name, run_id);
    plan.duration_s = roles.duration_s;
    plan.source_identity.clone_from(&roles.source_identity);
    plan.bounded = roles.session_policy.is_some();
    plan.external_id.clone_from(&roles.external_id);
    plan.external_id_of_peer = settings.external_id_is_of_the_peer();
    plan.management = match settings.accounts.management {
        Management::Auto => ManagementPolicy::Auto,
        Management::Include => ManagementPolicy::Include,
        Management::Exclude => ManagementPolicy::Exclude,
        Management::ListRole => ManagementPolicy::ListRole,
    };
    plan.hub.clone_from(&roles.hub);
    let overrides = settings.accounts.overrides.iter();
    plan.overrides = overrides
        .filter(|(_, own)| own.role.is_some() || own.external_id.is_some())
        .map(|(id, own)| (id.clone(), Override { role: own.role.clone(), external_id: own.external_id.clone() }))
        .collect();
    match settings.accounts.from {
        Some(AccountsFrom::Organization) => {
            plan.list.clone_from(&roles.list);
            let named = roles.member.clone().or_else(|| roles.list.as_ref().map(|r| r.path_and_name().to_owned()));
            if let Some(path_and_name) = named {
                let listed = roles.list.as_ref().map(|role| role.partition().to_owned());
                let partition = listed.or_else(|| settings.partition.clone()).unwrap_or_else(|| "aws".to_owned());
                plan.member = MemberRole::Template { partition, path_and_name };
            }
        }
        Some(AccountsFrom::Roles) => {
            let roles = settings.accounts.roles.iter().map(|role| (role.account(), role.clone()));
            plan.member = MemberRole::Listed(roles.collect());
        }
        Some(AccountsFrom::Own) | None => {}
    }
    plan
}

/// What bounds the calls of a run; where the source reads as it is, nothing can.
#[must_use]
pub fn session_policies(settings: &Settings, calls: &[CallNeed]) -> SessionPolicies {
    let plan = role_plan(settings, "");
    let bounding = settings.roles.session_policy;
    let assumed = (plan.accounts_have_roles(), plan.list.is_some());
    let policies = SessionPolicies::new(calls, bounding.filter(|_| assumed.0), bounding.filter(|_| assumed.1));
    for (identity, services, policy) in policies.shown() {
        let policy = policy.document().unwrap_or("ReadOnlyAccess");
        tracing::debug!(identity, services = services.join(","), policy, "session policy");
    }
    policies
}
