//! The operations that are answered, from the files of `data/operations`.
//!
//! Lines `key: value`, then parts, each after a line `--- name`: `head`, `item` (once for each resource), `more` (where
//! there is a next page; the tail says where it goes), `absent` (for each that is asked for by name and not there), `tail`.

use std::collections::HashMap;

use anyhow::{Context as _, Result, bail};
use portolan_scripted_aws::kinds;

use super::protocol::Protocol;
use super::template::Template;

/// What an operation tells about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Source {
    /// Resources of a kind.
    Kind(u16),
    Regions,
    Caller,
    Session,
    Management,
    Units,
    Unit,
    AccountsOfUnit,
    Accounts,
    Account,
    Parent,
}

/// Where a request names resources.
#[derive(Debug)]
pub(crate) enum Named {
    /// In a member.
    Member(String),
    /// In a list of a form: `InstanceId.1`, `InstanceId.2`.
    List(String),
    /// In a filter of EC2 of this name.
    Filter(String),
}

#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) member: String,
    pub(crate) most: usize,
    pub(crate) usual: usize,
}

#[derive(Debug)]
pub(crate) struct Missing {
    pub(crate) status: u16,
    pub(crate) code: String,
    pub(crate) message: Template,
}

#[derive(Debug)]
pub(crate) struct Route {
    pub(crate) method: String,
    pub(crate) segments: Vec<String>,
    /// What the query has to name, where paths are not enough: `tagging`.
    pub(crate) query: Option<String>,
}

#[derive(Debug)]
pub(crate) struct Operation {
    /// `ec2`, as botocore names the service.
    pub(crate) service: String,
    pub(crate) name: String,
    /// The service in signatures.
    pub(crate) signing: String,
    pub(crate) protocol: Protocol,
    pub(crate) target: Option<String>,
    pub(crate) route: Option<Route>,
    pub(crate) source: Source,
    pub(crate) page: Option<Page>,
    pub(crate) token: Option<String>,
    /// Whether a token is the last resource's key, and not our own text.
    pub(crate) token_is_key: bool,
    pub(crate) named: Vec<Named>,
    pub(crate) missing: Option<Missing>,
    pub(crate) head: Template,
    pub(crate) item: Template,
    pub(crate) more: Template,
    pub(crate) absent: Option<Template>,
    pub(crate) tail: Template,
}

/// All operations, and how they are found.
#[derive(Debug)]
pub(crate) struct Operations {
    pub(crate) all: Vec<Operation>,
    pub(crate) by_target: HashMap<String, usize>,
    pub(crate) by_action: HashMap<(String, String), usize>,
    pub(crate) by_service: HashMap<String, Vec<usize>>,
}

impl Operations {
    /// Reads them.
    pub(crate) fn load() -> Result<Self> {
        let text = include_str!(concat!(env!("OUT_DIR"), "/operations.txt"));
        let mut all = Vec::new();
        for file in text.split("=== ").filter(|file| !file.is_empty()) {
            let (name, text) = file.split_once('\n').context("a file has a name")?;
            all.push(operation(name, text).with_context(|| format!("data/operations/{name}.txt"))?);
        }
        let (mut by_target, mut by_action, mut by_service) = (HashMap::new(), HashMap::new(), HashMap::new());
        for (place, operation) in all.iter().enumerate() {
            by_service.entry(operation.signing.clone()).or_insert_with(Vec::new).push(place);
            if let Some(target) = &operation.target {
                by_target.insert(format!("{target}.{}", operation.name), place);
            }
            if matches!(operation.protocol, Protocol::Query | Protocol::Ec2) {
                by_action.insert((operation.signing.clone(), operation.name.clone()), place);
            }
        }
        Ok(Self { all, by_target, by_action, by_service })
    }
}

fn operation(name: &str, text: &str) -> Result<Operation> {
    let (service, name) = name.split_once('.').context("the name is `service.Operation`")?;
    let (header, parts) = text.split_once("--- ").context("there is no part")?;
    let mut made = Operation {
        service: service.to_owned(),
        name: name.to_owned(),
        signing: service.to_owned(),
        protocol: Protocol::Query,
        target: None,
        route: None,
        source: Source::Caller,
        page: None,
        token: None,
        token_is_key: false,
        named: Vec::new(),
        missing: None,
        head: Template::default(),
        item: Template::default(),
        more: Template::default(),
        absent: None,
        tail: Template::default(),
    };
    for line in header.lines() {
        let (key, value) = line.split_once(": ").with_context(|| format!("`{line}` is no `key: value`"))?;
        match key {
            "protocol" => made.protocol = Protocol::parse(value).with_context(|| format!("no protocol {value}"))?,
            "signing" => made.signing = value.to_owned(),
            "target" => made.target = Some(value.to_owned()),
            "path" => made.route = Some(route(value)?),
            "kind" => {
                let place = kinds().iter().position(|kind| kind.name == value).context("no such kind")?;
                made.source = Source::Kind(u16::try_from(place)?);
            }
            "of" => made.source = source(value)?,
            "page" => made.page = Some(page(value)?),
            "token" => made.token = Some(value.to_owned()),
            "token-is" => made.token_is_key = value == "the last key",
            "named" => made.named = value.split(' ').map(named).collect(),
            "missing" => made.missing = Some(missing(value)?),
            _ => bail!("no key {key}"),
        }
    }
    for part in parts.split("\n--- ") {
        let (name, text) = part.split_once('\n').context("a part has a name")?;
        let template = Template::parse(text)?;
        match name {
            "head" => made.head = template,
            "item" => made.item = template,
            "more" => made.more = template,
            "absent" => made.absent = Some(template),
            "tail" => made.tail = template,
            _ => bail!("no part {name}"),
        }
    }
    Ok(made)
}

fn source(name: &str) -> Result<Source> {
    Ok(match name {
        "regions" => Source::Regions,
        "caller" => Source::Caller,
        "session" => Source::Session,
        "management" => Source::Management,
        "units" => Source::Units,
        "unit" => Source::Unit,
        "accounts-of-unit" => Source::AccountsOfUnit,
        "accounts" => Source::Accounts,
        "account" => Source::Account,
        "parent" => Source::Parent,
        _ => bail!("nothing called {name}"),
    })
}

fn page(text: &str) -> Result<Page> {
    let mut words = text.split(' ');
    let mut next = || words.next().context("a page is `member most usual`");
    Ok(Page { member: next()?.to_owned(), most: next()?.parse()?, usual: next()?.parse()? })
}

fn named(text: &str) -> Named {
    match text.strip_prefix("Filter=") {
        Some(name) => Named::Filter(name.to_owned()),
        None if text.ends_with('.') => Named::List(text.to_owned()),
        None => Named::Member(text.to_owned()),
    }
}

fn missing(text: &str) -> Result<Missing> {
    let (status, rest) = text.split_once(' ').context("missing is `status code message`")?;
    let (code, message) = rest.split_once(' ').context("missing is `status code message`")?;
    Ok(Missing { status: status.parse()?, code: code.to_owned(), message: Template::parse(message)? })
}

fn route(text: &str) -> Result<Route> {
    let (method, path) = text.split_once(' ').context("a path is `METHOD /path`")?;
    let (path, query) = path.split_once('?').map_or((path, None), |(path, query)| (path, Some(query.to_owned())));
    let segments = path.split('/').filter(|segment| !segment.is_empty()).map(str::to_owned).collect();
    Ok(Route { method: method.to_owned(), segments, query })
}

#[cfg(test)]
mod tests {
    use super::{Operations, Source};
    use portolan_scripted_aws::kinds;

    #[test]
    fn every_file_is_understood_and_every_kind_is_listed() {
        let operations = Operations::load().unwrap();
        for (place, kind) in (0_u16..).zip(kinds()) {
            let lists =
                |operation: &&super::Operation| operation.source == Source::Kind(place) && operation.page.is_some();
            let any = operations.all.iter().any(|operation| operation.source == Source::Kind(place));
            let unpaged = ["AWS::EC2::EIP", "AWS::OpenSearchService::Domain"].contains(&kind.name);
            assert!(any && (unpaged || operations.all.iter().any(|operation| lists(&operation))), "{}", kind.name);
        }
    }
}
