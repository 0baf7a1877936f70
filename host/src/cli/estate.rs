//! `portolan accounts` and `portolan regions`: a look at the organization, for people.

use std::fmt::Write as _;

use crate::run::{Survey, SurveyedAccount};

/// The organization as a tree.
#[must_use]
pub fn accounts_tree(survey: &Survey) -> String {
    let mut out = String::new();
    let mut path: Vec<String> = Vec::new();
    for account in &survey.accounts {
        let same = path.iter().zip(&account.ou_names).take_while(|(one, other)| one == other).count();
        for (depth, name) in account.ou_names.iter().enumerate().skip(same) {
            let id = account.ou_ids.get(depth).map(|id| format!("  {id}")).unwrap_or_default();
            let _ = writeln!(out, "{}{name}/{id}", "  ".repeat(depth));
        }
        path.clone_from(&account.ou_names);
        let indent = "  ".repeat(path.len());
        let manages = if account.is_management { ", manages the organization" } else { "" };
        let _ = writeln!(out, "{indent}{}  {}  {}{manages}", account.id, account.name, standing(account));
        if let Some(reason) = &account.reason {
            let _ = writeln!(out, "{indent}    {reason}");
        }
    }
    if !survey.whole {
        out.push_str("\nA part of the organization could not be listed:\n");
        for problem in &survey.problems {
            let _ = writeln!(out, "  {problem}");
        }
    }
    out
}

fn standing(account: &SurveyedAccount) -> String {
    match account.reachable {
        Some(true) => "role assumed".to_owned(),
        Some(false) => "role refused".to_owned(),
        None => account.state.to_lowercase(),
    }
}

/// The regions of each account.
#[must_use]
pub fn regions_list(survey: &Survey) -> String {
    let mut out = String::new();
    for account in &survey.accounts {
        let _ = writeln!(out, "{}  {}", account.id, account.name);
        match &account.regions {
            Some(regions) => {
                for region in regions {
                    let state = match (region.enabled, region.read) {
                        (true, true) => "enabled, read",
                        (true, false) => "enabled, left out by the configuration",
                        (false, _) => "not enabled",
                    };
                    let _ = writeln!(out, "    {:<16} {state}", region.name);
                }
            }
            None => {
                let _ = writeln!(out, "    {}", account.reason.clone().unwrap_or_else(|| standing(account)));
            }
        }
    }
    out
}
