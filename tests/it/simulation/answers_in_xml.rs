//! The services that answer in XML.

use portolan::aws::Answer;

use super::answers::{Asking, Paged, Shown};
use super::estate::HOME;
use super::identity::{arn, volume};
use super::sorts::Sort;
use super::wire::{error, path, well};

/// The answer; none to an operation that the model does not know.
pub fn answered(asking: &Asking<'_>, token: Option<&str>) -> Option<Answer> {
    let operation = asking.call.operation.as_str();
    Some(match (asking.call.service.as_str(), operation) {
        ("ec2", "DescribeVolumes") => {
            let wanted = asking.asked.numbered("Filter.1.Value");
            let page = if wanted.is_empty() {
                asking.shown(Sort::Volume, None, token)
            } else {
                Paged { items: asking.volumes(&wanted), next: None }
            };
            let items: String = page.items.iter().map(volume_item).collect();
            let next = page.next.map(|next| format!("<nextToken>{next}</nextToken>")).unwrap_or_default();
            well(format!("<DescribeVolumesResponse><volumeSet>{items}</volumeSet>{next}</DescribeVolumesResponse>"))
        }
        ("elbv2", "DescribeLoadBalancers") => {
            let page = asking.shown(Sort::Balancer, None, token);
            let item = |Shown(place, _): &Shown| format!("<LoadBalancerArn>{}</LoadBalancerArn>", arn(place));
            query(operation, "LoadBalancers", "NextMarker", page, item)
        }
        ("elbv2", "DescribeListeners") => {
            let balancer = asking.asked.text("LoadBalancerArn")?.split('/').nth(2)?;
            if asking.one(Sort::Balancer, balancer).is_none() {
                return Some(error("elbv2", 400, "LoadBalancerNotFound", "One or more load balancers not found"));
            }
            let page = asking.shown(Sort::Listener, Some(balancer), token);
            let item = |Shown(place, thing): &Shown| {
                format!("<ListenerArn>{}</ListenerArn><Port>{}</Port>", arn(place), thing.version)
            };
            query(operation, "Listeners", "NextMarker", page, item)
        }
        ("iam", "ListUsers") => {
            let page = asking.shown(Sort::User, None, token);
            query(operation, "Users", "Marker", page, user_members)
        }
        ("iam", "GetUser") => match asking.one(Sort::User, asking.asked.text("UserName")?) {
            Some(user) => well(format!(
                "<GetUserResponse><GetUserResult><User>{}</User></GetUserResult></GetUserResponse>",
                user_members(&user)
            )),
            None => error("iam", 404, "NoSuchEntity", "The user cannot be found."),
        },
        ("s3", "ListBuckets") => {
            let token = asking.asked.text("continuation-token");
            let page = match asking.asked.text("prefix") {
                Some(prefix) => Paged { items: asking.one(Sort::Bucket, prefix).into_iter().collect(), next: None },
                None => asking.shown(Sort::Bucket, None, token),
            };
            let buckets: String = page.items.iter().map(bucket_item).collect();
            let next =
                page.next.map(|next| format!("<ContinuationToken>{next}</ContinuationToken>")).unwrap_or_default();
            well(format!("<ListAllMyBucketsResult><Buckets>{buckets}</Buckets>{next}</ListAllMyBucketsResult>"))
        }
        ("s3", "GetBucketTagging") => match asking.one(Sort::Bucket, path(asking.call).first()?) {
            Some(Shown(_, thing)) => well(format!(
                "<Tagging><TagSet><Tag><Key>version</Key><Value>{}</Value></Tag></TagSet></Tagging>",
                thing.version
            )),
            None => error("s3", 404, "NoSuchBucket", "The specified bucket does not exist"),
        },
        _ => return None,
    })
}

/// The form of IAM's and of the load balancers' listings.
fn query(operation: &str, list: &str, token: &str, page: Paged<Shown>, item: impl Fn(&Shown) -> String) -> Answer {
    let items: String = page.items.iter().map(|shown| format!("<member>{}</member>", item(shown))).collect();
    let truncated =
        if token == "Marker" { format!("<IsTruncated>{}</IsTruncated>", page.next.is_some()) } else { String::new() };
    let next = page.next.map(|next| format!("<{token}>{next}</{token}>")).unwrap_or_default();
    well(format!(
        "<{operation}Response><{operation}Result><{list}>{items}</{list}>{truncated}{next}</{operation}Result></{operation}Response>"
    ))
}

fn volume_item(Shown(place, thing): &Shown) -> String {
    format!("<item><volumeId>{}</volumeId><size>{}</size></item>", volume(&place.name), thing.version)
}

fn user_members(Shown(place, thing): &Shown) -> String {
    format!(
        "<Path>/{}/</Path><UserName>{}</UserName><UserId>id-{}</UserId><Arn>{}</Arn>",
        thing.version,
        place.name,
        thing.generation,
        arn(place)
    )
}

fn bucket_item(Shown(place, _): &Shown) -> String {
    format!("<Bucket><Name>{}</Name><BucketRegion>{HOME}</BucketRegion></Bucket>", place.name)
}
