//! The mapping of the simulated estate, and what must hold of the entities that it makes.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::oracle::shows;
use super::sorts::Sort;
use super::stored::Stored;

/// Where the configuration names it.
pub const FILE: &str = "mapping.yml";
const ACCOUNTS: &str = "AWS::Organizations::Account";

/// One entity for each resource of these kinds, with what it shows as its title.
pub fn text(sorts: &BTreeSet<Sort>) -> String {
    let mut text = String::from("resources:\n");
    let facts = sorts.iter().filter_map(|sort| Some((sort.facts().kind?, identifier(*sort), title(*sort))));
    for (kind, identifier, title) in
        facts.chain([(ACCOUNTS, ".Properties.Id".to_owned(), ".Properties.Name".to_owned())])
    {
        let _ = write!(
            text,
            "  - kind: {kind}
    selector: {{ query: 'true' }}
    port:
      entity:
        mappings:
          identifier: {identifier}
          title: {title}
          blueprint: '\"{kind}\"'
"
        );
    }
    text
}

fn identifier(sort: Sort) -> String {
    let name = match sort {
        Sort::Queue => ".Properties.QueueName",
        Sort::Table => ".Properties.TableName",
        Sort::Cluster => ".Properties.ClusterArn",
        Sort::Service => ".Properties.ServiceArn + .__ExtraContext.ClusterArn",
        Sort::Function => ".Properties.FunctionName",
        Sort::Alias => ".Properties.AliasName",
        Sort::Balancer | Sort::Listener => ".Properties.ListenerArn",
        Sort::Volume => ".Properties.VolumeId",
        Sort::Bucket => ".Properties.BucketName",
        Sort::User => ".Properties.UserName",
    };
    let region = if sort.facts().regional { ".__ExtraContext.Region" } else { "\"global\"" };
    format!(".__ExtraContext.AccountId + \"/\" + {region} + \"/\" + {name}")
}

/// By jaq, as text: what the oracle reads of the row.
fn title(sort: Sort) -> String {
    match sort {
        Sort::Bucket => ".Properties.Tags[0].Value".to_owned(),
        _ => format!(".Properties.{} | if . == null then null else tostring end", sort.facts().shows),
    }
}

/// Each resource that is there has its entity, which shows what the resource shows; no other entity is there.
pub fn wrong(stored: &Stored) -> Vec<String> {
    let mut wrong = Vec::new();
    for (key, row) in &stored.alive {
        match stored.entities.get(&row.resource_key) {
            None => wrong.push(format!("without its entity: {key}")),
            Some(title) if *title != shows(key, row) => {
                wrong.push(format!("the entity of {key} shows {title:?}, the resource {:?}", shows(key, row)));
            }
            Some(_) => {}
        }
    }
    let alive = |resource: &String| stored.alive.values().any(|row| row.resource_key == *resource);
    wrong.extend(stored.entities.keys().filter(|of| !alive(of)).map(|of| format!("an entity of nothing: {of}")));
    wrong
}
