//! Kinds that neither the catalogue nor the user defines: an operation that lists, or a type of CloudFormation's registry.

use portolan_names::TypeName;

use super::parse::Reader;
use crate::catalog::{self, Kind};
use crate::nearest::nearest;

/// Letters in which a misspelt name differs from the right one. A name that is as near to a curated one is never sent to
/// AWS: it would find nothing, or something else than what was meant.
const MISSPELT: usize = 2;

impl Reader {
    /// The kind that a name describes by itself. What is wrong with it is remarked on.
    pub(super) fn unlisted(&mut self, at: &str, name: &str, own: &[Kind]) -> Option<Kind> {
        if !name.contains("::") && name.contains(':') {
            return match catalog::generic(name, &self.partition) {
                Ok(kind) => Some(kind),
                Err(wrong) => {
                    self.remark(at, &wrong.message, wrong.instead);
                    None
                }
            };
        }
        let is_type = TypeName::parse(name).is_ok_and(|name| name.is_of_aws());
        let misspelt = misspelt(name, own);
        if !is_type || misspelt.is_some() {
            let instead = misspelt.or_else(|| {
                nearest(name, own.iter().map(|kind| &*kind.name).chain(catalog::names().map(|name| name as &str)))
            });
            self.remark(at, &format!("unknown kind {name:?}"), instead);
            return None;
        }
        match catalog::cloud_control(name) {
            Ok(kind) => Some(kind),
            Err(error) => {
                self.remark(at, &error, None);
                None
            }
        }
    }
}

/// The kind whose name was surely meant.
fn misspelt(name: &str, own: &[Kind]) -> Option<String> {
    let distance = |known: &str| match known.eq_ignore_ascii_case(name) {
        true => 0,
        false => strsim::damerau_levenshtein(known, name),
    };
    let curated = catalog::all_names().map(|(known, right)| (distance(known), right.to_owned()));
    let own = own.iter().flat_map(|kind| kind.names().map(|known| (distance(known), kind.name.to_string())));
    let others = curated.chain(own).filter(|(_, known)| !is_other_version(name, known));
    let nearest = others.min_by_key(|(distance, _)| *distance)?;
    (nearest.0 <= MISSPELT).then_some(nearest.1)
}

/// `AWS::ApiGatewayV2::DomainName` beside `AWS::ApiGateway::DomainName` is another service's, not a misspelling.
fn is_other_version(name: &str, known: &str) -> bool {
    let (name, known) = (name.to_lowercase(), known.to_lowercase());
    let stem = |name: &str| name.replacen("v2::", "::", 1);
    name != known && stem(&name) == stem(&known)
}
