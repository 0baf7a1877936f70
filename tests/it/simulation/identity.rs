//! What AWS calls the things of the estate.

use super::estate::{Account, HOME, MANAGEMENT, Place};
use super::sorts::Sort;

/// The ARN of a thing, where its kind is known by it.
pub fn arn(place: &Place) -> String {
    let Place { account, name, .. } = place;
    let region = place.region.as_deref().unwrap_or_default();
    let of = |service: &str, resource: String| format!("arn:aws:{service}:{region}:{account}:{resource}");
    match place.sort {
        Sort::Queue => of("sqs", name.clone()),
        Sort::Table => of("dynamodb", format!("table/{name}")),
        Sort::Cluster => of("ecs", format!("cluster/{name}")),
        Sort::Service => of("ecs", format!("service/{name}")),
        Sort::Function => of("lambda", format!("function:{name}")),
        Sort::Alias => of("kms", format!("alias/{name}")),
        Sort::Balancer => of("elasticloadbalancing", format!("loadbalancer/app/{name}/0123456789abcdef")),
        Sort::Listener => of("elasticloadbalancing", format!("listener/app/{name}")),
        Sort::Volume => of("ec2", format!("volume/{}", volume(name))),
        Sort::Bucket => format!("arn:aws:s3:::{name}"),
        Sort::User => of("iam", format!("user/{name}")),
    }
}

/// Volumes have ids and no names.
pub fn volume(name: &str) -> String {
    format!("vol-{name}")
}

pub fn queue_url(place: &Place) -> String {
    let region = place.region.as_deref().unwrap_or(HOME);
    format!("https://sqs.{region}.amazonaws.com/{}/{}", place.account, place.name)
}

/// The identity that the catalogue gives it, within its unit.
pub fn row_id(place: &Place) -> String {
    match place.sort {
        Sort::Cluster | Sort::Listener => arn(place),
        Sort::Service => format!("{}|{}", arn(place), place.parent().as_ref().map(arn).unwrap_or_default()),
        Sort::Alias => format!("alias/{}", place.name),
        Sort::Volume => volume(&place.name),
        _ => place.name.clone(),
    }
}

/// The things in a batch of names, ARNs or ids.
pub fn last_part(text: &str) -> &str {
    text.rsplit(['/', ':']).next().unwrap_or(text)
}

pub fn account_name(account: &Account) -> String {
    format!("account {}", account.version)
}

pub fn account_arn(id: &str) -> String {
    format!("arn:aws:organizations::{MANAGEMENT}:account/o-exampleorgid/{id}")
}
