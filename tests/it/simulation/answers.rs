//! What AWS answers to each operation that the simulated kinds need, from the truth and the faults of the run.

use portolan::aws::{Answer, Call};
use serde_json::{Value, json};

use super::estate::{Estate, HOME, OPT_IN, Place, Thing};
use super::faults::{Fault, Faults};
use super::identity::{arn, last_part, queue_url, volume};
use super::organization::organization;
use super::sorts::Sort;
use super::wire::{Asked, error, path, well};

/// One call and all that its answer depends on.
pub struct Asking<'a> {
    pub estate: &'a Estate,
    pub faults: &'a Faults,
    pub fault: Option<Fault>,
    pub call: &'a Call,
    pub account: &'a str,
    pub asked: Asked,
}

/// A page of a listing, and the token of the next.
pub struct Paged<T> {
    pub items: Vec<T>,
    pub next: Option<String>,
}

impl Asking<'_> {
    /// The page of `all`, sorted by name, behind a token. Pages end where the dice say.
    pub fn page<T: Clone>(&self, all: &[(String, T)], token: Option<&str>) -> Paged<T> {
        // A token with a wave was given with an empty page.
        let after = token.map(|token| token.trim_start_matches("after:").trim_end_matches('~'));
        let waved = token.is_some_and(|token| token.ends_with('~'));
        let mut rest: Vec<&(String, T)> =
            all.iter().filter(|(name, _)| after.is_none_or(|after| name.as_str() > after)).collect();
        if self.fault == Some(Fault::EmptyPage) && !waved && token.is_some() {
            return Paged { items: Vec::new(), next: token.map(|token| format!("{token}~")) };
        }
        let size = 1 + self.faults.dice.below(4, "page size", after.unwrap_or_default());
        let last = rest.len() <= usize::try_from(size).unwrap_or(1);
        rest.truncate(usize::try_from(size).unwrap_or(1));
        let next = rest.last().filter(|_| !last).map(|(name, _)| format!("after:{name}"));
        let next = if self.fault == Some(Fault::TokenRepeated) { token.map(str::to_owned).or(next) } else { next };
        let overlap = all.iter().rev().find(|(name, _)| after.is_some_and(|after| name == after));
        let overlap = overlap.filter(|_| self.fault == Some(Fault::Overlap));
        Paged { items: overlap.into_iter().chain(rest).map(|(_, item)| item.clone()).collect(), next }
    }

    /// What a listing of a sort would show, by name, below a parent where it is listed below one.
    fn listed(&self, sort: Sort, below: Option<&str>) -> Vec<(String, (Place, Thing))> {
        let region = sort.facts().regional.then_some(self.call.region.as_str());
        let here = |place: &&Place| {
            place.sort == sort
                && place.account == self.account
                && place.region.as_deref() == region
                && below.is_none_or(|below| place.parent().is_some_and(|parent| parent.name == below))
        };
        let known = self.estate.things.iter().filter(|(place, _)| here(place) && self.faults.shows(place));
        known.map(|(place, thing)| (place.name.clone(), (place.clone(), thing.clone()))).collect()
    }

    /// A thing that is asked for by name.
    fn known(&self, sort: Sort, name: &str) -> Option<(Place, &Thing)> {
        let region = sort.facts().regional.then(|| self.call.region.clone());
        let place = Place { sort, account: self.account.to_owned(), region, name: name.to_owned() };
        let thing = self.estate.things.get(&place).filter(|_| !self.faults.dying.contains(&place))?;
        Some((place, thing))
    }
}

fn json_page<T>(list: &str, token: &str, page: Paged<T>, item: impl Fn(T) -> Value) -> Answer {
    let mut body = json!({ list: page.items.into_iter().map(item).collect::<Vec<_>>() });
    if let Some(next) = page.next {
        body[token] = json!(next);
    }
    well(body.to_string())
}

/// The answer; none to an operation that the model does not know.
pub fn answered(asking: &Asking<'_>) -> Option<Answer> {
    let Asking { call, asked, .. } = asking;
    let token = ["NextToken", "nextToken", "Marker"].iter().find_map(|name| asked.text(name));
    let operation = (call.service.as_str(), call.operation.as_str());
    Some(match operation {
        ("organizations", _) => return organization(asking),
        ("account", "ListRegions") => {
            let account = asking.estate.accounts.get(asking.account)?;
            let status = |region: &str, enabled: bool, by_default: bool| {
                let status = match (enabled, by_default) {
                    (_, true) => "ENABLED_BY_DEFAULT",
                    (true, _) => "ENABLED",
                    (false, _) => "DISABLED",
                };
                json!({ "RegionName": region, "RegionOptStatus": status })
            };
            let mut regions = vec![status(HOME, true, true), status(super::estate::EXCLUDED, true, true)];
            if !asking.faults.hides_region(asking.account, OPT_IN) {
                regions.push(status(OPT_IN, account.opted_in, false));
            }
            well(json!({ "Regions": regions }).to_string())
        }
        ("ec2", "DescribeRegions") => {
            let account = asking.estate.accounts.get(asking.account)?;
            let item = |region: &str, status: &str| {
                format!("<item><regionName>{region}</regionName><optInStatus>{status}</optInStatus></item>")
            };
            let mut regions = item(HOME, "opt-in-not-required") + &item(super::estate::EXCLUDED, "opt-in-not-required");
            if !asking.faults.hides_region(asking.account, OPT_IN) {
                regions += &item(OPT_IN, if account.opted_in { "opted-in" } else { "not-opted-in" });
            }
            well(format!("<DescribeRegionsResponse><regionInfo>{regions}</regionInfo></DescribeRegionsResponse>"))
        }
        ("sqs", "ListQueues") => {
            let page = asking.page(&asking.listed(Sort::Queue, None), token);
            json_page("QueueUrls", "NextToken", page, |(place, _)| json!(queue_url(&place)))
        }
        ("sqs", "GetQueueAttributes" | "GetQueueUrl") => {
            let name = asked.text("QueueName").or_else(|| asked.text("QueueUrl")).map(last_part)?;
            let Some((place, thing)) = asking.known(Sort::Queue, name) else {
                return Some(error("sqs", 400, "QueueDoesNotExist", "The specified queue does not exist."));
            };
            let attributes = json!({
                "QueueArn": arn(&place), "CreatedTimestamp": thing.generation.to_string(),
                "VisibilityTimeout": thing.version.to_string(),
            });
            let url = json!({ "QueueUrl": queue_url(&place) });
            let body = if call.operation == "GetQueueUrl" { url } else { json!({ "Attributes": attributes }) };
            well(body.to_string())
        }
        ("dynamodb", "ListTables") => {
            let page = asking.page(&asking.listed(Sort::Table, None), asked.text("ExclusiveStartTableName"));
            json_page("TableNames", "LastEvaluatedTableName", page, |(place, _)| json!(place.name))
        }
        ("dynamodb", "DescribeTable") => {
            let name = asked.text("TableName")?;
            let Some((place, thing)) = asking.known(Sort::Table, name) else {
                return Some(error("dynamodb", 400, "ResourceNotFoundException", "Requested resource not found"));
            };
            let name = if asking.fault == Some(Fault::Foreign) { "another" } else { place.name.as_str() };
            let id = format!("generation-{}", thing.generation);
            well(json!({ "Table": { "TableName": name, "TableId": id, "ItemCount": thing.version } }).to_string())
        }
        ("ecs", _) => return containers(asking, token),
        ("kms", "ListAliases") => {
            let page = asking.page(&asking.listed(Sort::Alias, None), token);
            let more = page.next.is_some();
            let mut aliases = json_page("Aliases", "NextMarker", page, |(place, thing)| {
                let (name, key) = (format!("alias/{}", place.name), format!("key-{}", thing.version));
                json!({ "AliasName": name, "AliasArn": arn(&place), "TargetKeyId": key, "CreationDate": thing.generation })
            });
            let body = String::from_utf8_lossy(&aliases.body).replacen('{', &format!("{{\"Truncated\":{more},"), 1);
            aliases.body = body.into();
            aliases
        }
        ("lambda", "ListFunctions") => {
            let page = asking.page(&asking.listed(Sort::Function, None), token);
            json_page("Functions", "NextMarker", page, |(place, thing)| function(&place, &thing))
        }
        ("lambda", "GetFunctionConfiguration") => {
            let name = path(call).get(2).cloned()?;
            match asking.known(Sort::Function, &name) {
                Some((place, thing)) => well(function(&place, thing).to_string()),
                None => error("lambda", 404, "ResourceNotFoundException", "Function not found"),
            }
        }
        ("ec2" | "elbv2" | "iam" | "s3", _) => return super::answers_in_xml::answered(asking, token),
        _ => return None,
    })
}

fn function(place: &Place, thing: &Thing) -> Value {
    json!({ "FunctionName": place.name, "FunctionArn": arn(place), "MemorySize": thing.version })
}

fn containers(asking: &Asking<'_>, token: Option<&str>) -> Option<Answer> {
    let asked = &asking.asked;
    let cluster = asked.text("cluster").map(last_part);
    if let Some(cluster) = cluster
        && asking.known(Sort::Cluster, cluster).is_none()
    {
        return Some(error("ecs", 400, "ClusterNotFoundException", "Cluster not found."));
    }
    Some(match asking.call.operation.as_str() {
        "ListClusters" => {
            let page = asking.page(&asking.listed(Sort::Cluster, None), token);
            json_page("clusterArns", "nextToken", page, |(place, _)| json!(arn(&place)))
        }
        "ListServices" => {
            let page = asking.page(&asking.listed(Sort::Service, cluster), token);
            json_page("serviceArns", "nextToken", page, |(place, _)| json!(arn(&place)))
        }
        "DescribeClusters" => {
            described(asking, "clusters", &asked.list("clusters"), |arn| last_part(arn).to_owned(), Sort::Cluster)
        }
        "DescribeServices" => {
            let name = |arn: &str| arn.split_once("service/").map_or_else(String::new, |(_, name)| name.to_owned());
            described(asking, "services", &asked.list("services"), name, Sort::Service)
        }
        _ => return None,
    })
}

/// A batch: what is there, and `failures` for the rest.
fn described(asking: &Asking<'_>, list: &str, arns: &[String], name: impl Fn(&str) -> String, sort: Sort) -> Answer {
    let (mut found, mut failures) = (Vec::new(), Vec::new());
    for (index, asked) in arns.iter().enumerate() {
        match (asking.known(sort, &name(asked)), asking.fault) {
            (_, Some(Fault::LeftOut)) if index == 0 => {}
            (_, Some(Fault::NotRead)) if index == 0 => {
                failures.push(json!({ "arn": asked, "reason": "ACCESS_DENIED" }));
            }
            (None, _) => failures.push(json!({ "arn": asked, "reason": "MISSING" })),
            (Some((_, thing)), fault) => {
                let foreign = fault == Some(Fault::Foreign) && index == 0;
                let arn = if foreign { format!("{asked}-other") } else { asked.clone() };
                found.push(match sort {
                    Sort::Cluster => json!({
                        "clusterArn": arn, "status": "ACTIVE", "registeredContainerInstancesCount": thing.version,
                    }),
                    _ => json!({
                        "serviceArn": arn, "status": "ACTIVE", "createdAt": thing.generation, "desiredCount": thing.version,
                    }),
                });
            }
        }
    }
    well(json!({ list: found, "failures": failures }).to_string())
}

/// What the XML services share with these.
pub struct Shown(pub Place, pub Thing);

impl Asking<'_> {
    pub fn shown(&self, sort: Sort, below: Option<&str>, token: Option<&str>) -> Paged<Shown> {
        let page = self.page(&self.listed(sort, below), token);
        Paged { items: page.items.into_iter().map(|(place, thing)| Shown(place, thing)).collect(), next: page.next }
    }

    pub fn one(&self, sort: Sort, name: &str) -> Option<Shown> {
        self.known(sort, name).map(|(place, thing)| Shown(place, thing.clone()))
    }

    /// Those of these volumes that are there.
    pub fn volumes(&self, ids: &[String]) -> Vec<Shown> {
        let names = ids.iter().filter_map(|id| id.strip_prefix(volume("").as_str()));
        names.filter_map(|name| self.one(Sort::Volume, name)).collect()
    }
}
