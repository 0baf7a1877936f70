//! The requests that a host must refuse, and the one that it must not.

use crate::behaviour::Behaviour;
use crate::bindings::portolan::aws::signed_http::{Identity, Method, Request};

/// What a permitted request of this component looks like.
pub fn list_queues(region: &str) -> Request {
    Request {
        identity: Identity::Account,
        service: "sqs".to_owned(),
        region: region.to_owned(),
        operation: "ListQueues".to_owned(),
        host_prefix: None,
        method: Method::Post,
        target: "/".to_owned(),
        headers: vec![
            header("content-type", "application/x-amz-json-1.0"),
            header("x-amz-target", "AmazonSQS.ListQueues"),
        ],
        body: "{}".to_owned(),
    }
}

/// An account that none of the calls is for.
const ANOTHER: &str = "999988887777";

/// A permitted request that names another account wherever words of the guest's own may stand.
pub fn naming_another(region: &str) -> Request {
    Request {
        operation: format!("ListQueues of {ANOTHER}"),
        body: format!(r#"{{"QueueNamePrefix":"arn:aws:sqs:{region}:{ANOTHER}:"}}"#),
        ..list_queues(region)
    }
}

/// The one request of a kind that sends a bad one; none for the others. Its `operation` always lies: `ListQueues`.
pub fn of(kind: Behaviour, region: &str) -> Option<Request> {
    let good = list_queues(region);
    Some(match kind {
        Behaviour::HostDoubleSlash => Request { target: "//evil.example/".to_owned(), ..good },
        Behaviour::HostAtSign => Request { target: "/@evil.example/".to_owned(), ..good },
        Behaviour::HostAbsolute => Request { target: "http://evil.example/".to_owned(), ..good },
        Behaviour::HostDottedPrefix => Request { host_prefix: Some("evil.example.".to_owned()), ..good },
        Behaviour::HostHeader => with_header(good, "host", "evil.example"),
        Behaviour::HostRegion => Request { region: "us-east-1.evil.example".to_owned(), ..good },
        Behaviour::HostMetadata => Request {
            service: "169.254.169.254".to_owned(),
            method: Method::Get,
            target: "/latest/meta-data/iam/security-credentials/".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            ..good
        },
        Behaviour::WritesQueue => Request {
            headers: vec![
                header("content-type", "application/x-amz-json-1.0"),
                header("x-amz-target", "AmazonSQS.DeleteQueue"),
            ],
            body: r#"{"QueueUrl":"https://sqs.us-east-1.amazonaws.com/111122223333/victim"}"#.to_owned(),
            ..good
        },
        Behaviour::WritesInstances => {
            form(good, "ec2", "Action=TerminateInstances&Version=2016-11-15&InstanceId.1=i-1")
        }
        Behaviour::WritesInQuery => Request { target: "/?Action=DeleteQueue&Version=2012-11-05".to_owned(), ..good },
        Behaviour::WritesInDouble => {
            form(good, "ec2", "Action=DescribeInstances&Version=2016-11-15&Action=TerminateInstances&InstanceId.1=i-1")
        }
        Behaviour::AsksAsManagement => Request { identity: Identity::Management, ..good },
        Behaviour::AsksUndeclared => form(good, "sns", "Action=ListTopics&Version=2010-03-31"),
        Behaviour::AsksUndescribed => Request {
            service: "cloudcontrol".to_owned(),
            headers: vec![
                header("content-type", "application/x-amz-json-1.0"),
                header("x-amz-target", "CloudApiService.ListResources"),
            ],
            body: r#"{"TypeName":"AWS::IoT::Thing"}"#.to_owned(),
            ..good
        },
        Behaviour::AsksForCredentials => form(good, "sts", "Action=GetSessionToken&Version=2011-06-15"),
        Behaviour::ReadsObject => Request {
            service: "s3".to_owned(),
            method: Method::Get,
            target: "/a-bucket/a-key".to_owned(),
            headers: Vec::new(),
            body: String::new(),
            ..good
        },
        Behaviour::ReadsItem => {
            json(good, "dynamodb", "1.0", "DynamoDB_20120810.GetItem", r#"{"TableName":"t","Key":{"id":{"S":"1"}}}"#)
        }
        Behaviour::ReadsSecret => {
            json(good, "secretsmanager", "1.1", "secretsmanager.GetSecretValue", r#"{"SecretId":"prod"}"#)
        }
        Behaviour::ReadsParameter => {
            json(good, "ssm", "1.1", "AmazonSSM.GetParameter", r#"{"Name":"/prod/password","WithDecryption":true}"#)
        }
        Behaviour::ReadsMessages => json(good, "sqs", "1.0", "AmazonSQS.ReceiveMessage", r#"{"QueueUrl":"q"}"#),
        Behaviour::HostMetadataSix => Request { service: "[fd00:ec2::254]".to_owned(), method: Method::Get, ..good },
        Behaviour::HostMetadataPrefix => Request { host_prefix: Some("169.254.170.2/".to_owned()), ..good },
        Behaviour::OthersRole => {
            let arn = format!("arn%3Aaws%3Aiam%3A%3A{ANOTHER}%3Arole%2FPortolanRead");
            form(good, "sts", &format!("Action=AssumeRole&Version=2011-06-15&RoleArn={arn}&RoleSessionName=x"))
        }
        Behaviour::OthersRegions => Request {
            service: "account".to_owned(),
            target: "/listRegions".to_owned(),
            headers: vec![header("content-type", "application/json")],
            body: format!(r#"{{"AccountId":"{ANOTHER}"}}"#),
            ..good
        },
        Behaviour::OthersHeader => with_header(good, "x-amz-account-id", ANOTHER),
        Behaviour::SignsItself => with_header(good, "authorization", "AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE"),
        _ => return None,
    })
}

fn json(good: Request, service: &str, version: &str, target: &str, body: &str) -> Request {
    Request {
        service: service.to_owned(),
        headers: vec![
            header("content-type", &format!("application/x-amz-json-{version}")),
            header("x-amz-target", target),
        ],
        body: body.to_owned(),
        ..good
    }
}

fn form(good: Request, service: &str, body: &str) -> Request {
    Request {
        service: service.to_owned(),
        headers: vec![header("content-type", "application/x-www-form-urlencoded; charset=utf-8")],
        body: body.to_owned(),
        ..good
    }
}

fn with_header(mut request: Request, name: &str, value: &str) -> Request {
    request.headers.push(header(name, value));
    request
}

fn header(name: &str, value: &str) -> (String, String) {
    (name.to_owned(), value.to_owned())
}
