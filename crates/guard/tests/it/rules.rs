//! One test for each rule, each a table of requests that differ from a good one in one thing.

use portolan_guard::{Identity, Method, Rule, limits};

use super::sent::{passes, plain, refused};

#[test]
fn the_good_requests_that_the_tables_below_spoil_pass() {
    for (service, operation, action) in [
        ("sqs", "ListQueues", "sqs:ListQueues"),
        ("ec2", "DescribeInstances", "ec2:DescribeInstances"),
        ("sns", "ListTopics", "sns:ListTopics"),
        ("s3", "GetBucketTagging", "s3:GetBucketTagging"),
        ("s3", "GetBucketEncryption", "s3:GetEncryptionConfiguration"),
        ("s3", "ListBuckets", "s3:ListAllMyBuckets"),
        ("lambda", "GetFunctionConfiguration", "lambda:GetFunctionConfiguration"),
        ("lambda", "ListTags", "lambda:ListTags"),
        ("eks", "ListTagsForResource", "eks:ListTagsForResource"),
        ("account", "ListRegions", "account:ListRegions"),
        ("elbv2", "DescribeLoadBalancers", "elasticloadbalancing:DescribeLoadBalancers"),
        ("neptune", "DescribeDBInstances", "rds:DescribeDBInstances"),
    ] {
        let permitted = passes(&plain(service, operation));
        assert_eq!((permitted.service, permitted.operation, permitted.action), (service, operation, action));
    }
}

#[test]
fn place_service_and_region() {
    let good = || plain("sqs", "ListQueues");
    for service in ["", "SQS", "sqs ", "api.sqs", "sqs/../ec2", "evil.example", "169.254.169.254"] {
        refused(&good().with(|s| s.service = service.to_owned()), Rule::Service, "not in the host's tables");
    }
    for region in
        ["", "eu-west-1.evil.example", "eu-west-1@evil", "EU-WEST-1", "eu-west-1/", "eu-west-1#", "us-east-1:80"]
    {
        refused(&good().with(|s| s.region = region.to_owned()), Rule::Region, "not the name of a region");
    }
}

#[test]
fn the_host_prefix_is_the_operations_own() {
    for prefix in ["data.", "evil.example.", "a.b", "@evil.example", "evil.example/", "", "."] {
        let sent = plain("sqs", "ListQueues").with(|s| s.host_prefix = Some(prefix.to_owned()));
        refused(&sent, Rule::HostPrefix, "must be none");
    }
}

#[test]
fn json_and_form_requests_are_post_to_the_root() {
    for (service, operation) in [("sqs", "ListQueues"), ("ec2", "DescribeInstances"), ("sns", "ListTopics")] {
        for target in ["/?Action=DeleteQueue", "/?", "/queue", "/111122223333/queue", "/%2F", "/service/x/operation/y"]
        {
            let sent = plain(service, operation).with(|s| s.target = target.to_owned());
            refused(&sent, Rule::Target, "target");
        }
        for method in [Method::Get, Method::Head] {
            refused(&plain(service, operation).with(|s| s.method = method), Rule::Target, "must be POST");
        }
    }
}

#[test]
fn a_target_has_one_spelling() {
    for (target, what) in [
        ("", "does not begin with /"),
        ("some-bucket?tagging", "does not begin with /"),
        ("http://evil.example/some-bucket?tagging", "does not begin with /"),
        ("//evil.example/some-bucket?tagging", "empty path segment"),
        ("/some-bucket//?tagging", "empty path segment"),
        ("/@evil.example/some-bucket?tagging", "must be percent-encoded"),
        ("/some-bucket@evil.example?tagging", "must be percent-encoded"),
        ("/./some-bucket?tagging", "dot segment"),
        ("/other/../some-bucket?tagging", "dot segment"),
        ("/some-bucket\\key?tagging", "must be percent-encoded"),
        ("/some-bucket;x=y?tagging", "must be percent-encoded"),
        ("/some-bucket#?tagging", "must be percent-encoded"),
        ("/some bucket?tagging", "must be percent-encoded"),
        ("/some-bucket\r\nhost: evil?tagging", "must be percent-encoded"),
        ("/some-buck\u{e9}t?tagging", "must be percent-encoded"),
        ("/some-bucket?", "empty query string"),
        ("/some-bucket?tagging&", "empty query key"),
        ("/some-bucket?tagging&=x", "empty query key"),
        ("/some%2Dbucket?tagging", "must not be encoded"),
        ("/some%2dbucket?tagging", "upper-case"),
        ("/some%bucket?tagging", "upper-case"),
        ("/some-bucket%00?tagging", "control"),
        ("/some-bucket%FF?tagging", "UTF-8"),
        ("/some-bucket%252Fkey?tagging", "one of %"),
        ("/some-bucket%3Fkey?tagging", "one of %"),
        ("/some-bucket%40evil.example?tagging", "one of %"),
        ("/some-bucket%2Fkey?tagging", "encoded slash"),
        ("/arn%3Aaws%3As3%3A%3A%3Ab%2Fkey?tagging", "not a bucket's name"),
        ("/..%2Fother?tagging", "dot segment"),
        ("/ab?tagging", "not a bucket's name"),
        ("/evil..example?tagging", "not a bucket's name"),
    ] {
        let refusal =
            refused(&plain("s3", "GetBucketTagging").with(|s| s.target = target.to_owned()), Rule::Target, what);
        assert!(!refusal.to_string().contains(['\r', '\n']), "{refusal}");
    }
}

#[test]
fn a_path_label_holds_one_segment_or_an_arn() {
    for (target, what) in [
        ("/tags/arn%3Aaws%3Aeks%3Aeu-west-1%3A1%3Acluster%2F..%2Fx", "dot segment"),
        ("/tags/arn%3Aaws%3Aeks%2F%2Fx", "empty or dot"),
        ("/tags/cluster%2Fblue", "outside an ARN"),
        ("/tags/%2E%2E", "must not be encoded"),
    ] {
        refused(&plain("eks", "ListTagsForResource").with(|s| s.target = target.to_owned()), Rule::Target, what);
    }
    for target in ["/tags/", "/tags", "/Tags/x", "/tags/x/", "/tags/x/y", "/clusters/x/", "/"] {
        let sent = plain("eks", "ListTagsForResource").with(|s| s.target = target.to_owned());
        refused(&sent, Rule::NoOperation, "no operation of eks");
    }
}

#[test]
fn query_keys_are_the_operations_own_and_there_once() {
    for (target, what) in [
        ("/some-bucket?tagging&delete", "no query key"),
        ("/some-bucket?tagging&versionId=1", "no query key"),
        ("/some-bucket?tagging&encryption", "no query key"),
        ("/some-bucket?tagging&X-Amz-Security-Token=x", "no query key"),
        ("/some-bucket?tagging&tagging", "given twice"),
        ("/some-bucket?tagging&Tagging", "no query key"),
        ("/some-bucket?tagging&Action=DeleteBucket", "no query key"),
    ] {
        refused(&plain("s3", "GetBucketTagging").with(|s| s.target = target.to_owned()), Rule::Parameter, what);
    }
    for (target, what) in [
        ("/?max-buckets=1&max-buckets=2", "given twice"),
        ("/?max-buckets=1&MAX-BUCKETS=2", "no query key"),
        ("/?max-buckets", "no value"),
        ("/?Action=DeleteBucket", "no query key"),
    ] {
        refused(&plain("s3", "ListBuckets").with(|s| s.target = target.to_owned()), Rule::Parameter, what);
    }
    passes(&plain("s3", "ListBuckets").with(|s| s.target = "/?max-buckets=100&continuation-token=a%2Bb%3D".to_owned()));
    for target in ["/some-bucket?tagging=", "/some-bucket?tagging=x", "/some-bucket?TAGGING", "/some-bucket"] {
        let sent = plain("s3", "GetBucketTagging").with(|s| s.target = target.to_owned());
        refused(&sent, Rule::NoOperation, "no operation of s3");
    }
}

#[test]
fn headers_of_the_host_and_unknown_ones() {
    for name in [
        "host",
        "Host",
        "HOST ",
        "authorization",
        "x-amz-date",
        "x-amz-security-token",
        "content-length",
        "x-amz-content-sha256",
        "transfer-encoding",
        "connection",
        "upgrade",
        "te",
        "proxy-authorization",
        "expect",
    ] {
        let sent = plain("sqs", "ListQueues").with(|s| s.headers.push((name.to_owned(), "x".to_owned())));
        refused(&sent, Rule::Header, "written by the host");
    }
    for (service, operation) in [("sqs", "ListQueues"), ("ec2", "DescribeInstances"), ("s3", "GetBucketTagging")] {
        for name in ["x-http-method-override", "x-amz-copy-source", "x-forwarded-host", "accept", "smithy-protocol"] {
            let sent = plain(service, operation).with(|s| s.headers.push((name.to_owned(), "DELETE".to_owned())));
            refused(&sent, Rule::Header, "has no header");
        }
    }
}

#[test]
fn header_names_and_values_are_canonical() {
    for (name, value, what) in [
        ("X-Amz-Target", "AmazonSQS.DeleteQueue", "lower case"),
        ("x-amz-target ", "AmazonSQS.DeleteQueue", "lower case"),
        ("x_amz_target", "AmazonSQS.DeleteQueue", "lower case"),
        ("", "x", "lower case"),
        (":authority", "evil.example", "lower case"),
        ("x-a\r\nhost", "x", "lower case"),
        ("x-amz-target", "AmazonSQS.DeleteQueue", "given twice"),
        ("x-amzn-query-mode", "true\r\nhost: evil", "control character"),
        ("x-amzn-query-mode", " true", "begins or ends with a space"),
        ("x-amzn-query-mode", "", "empty"),
        ("x-amzn-query-mode", "tru\u{e9}", "outside ASCII"),
    ] {
        let sent = plain("sqs", "ListQueues").with(|s| s.headers.push((name.to_owned(), value.to_owned())));
        refused(&sent, Rule::Header, what);
    }
}

#[test]
fn the_content_type_is_the_protocols() {
    for (service, operation) in [("sqs", "ListQueues"), ("ec2", "DescribeInstances"), ("account", "ListRegions")] {
        for value in ["text/xml", "application/x-amz-json-1.9", "multipart/form-data; boundary=x", "application/cbor"] {
            let sent = plain(service, operation).with(|s| s.set_header("content-type", value));
            refused(&sent, Rule::Header, "must be");
        }
        let sent = plain(service, operation).with(|s| s.headers.retain(|(name, _)| name != "content-type"));
        refused(&sent, Rule::Header, "no content-type");
    }
    let sent = plain("s3", "ListBuckets").with(|s| s.set_header("content-type", "application/xml"));
    refused(&sent, Rule::Header, "has no header");
}

#[test]
fn a_second_carrier_is_refused() {
    // A form in the body of a JSON request, a target header on a form request, both on a REST request.
    let sent = plain("sqs", "ListQueues").with(|s| s.body = "Action=DeleteQueue&Version=2012-11-05".to_owned());
    refused(&sent, Rule::Body, "not the JSON");
    let sent = plain("sqs", "ListQueues").with(|s| s.body = r#"{"Action":"DeleteQueue"}"#.to_owned());
    refused(&sent, Rule::Parameter, "no parameter");
    let sent = plain("sns", "ListTopics").with(|s| s.set_header("x-amz-target", "AmazonSQS.DeleteQueue"));
    refused(&sent, Rule::Header, "has no header");
    let sent = plain("eks", "ListClusters").with(|s| s.set_header("x-amz-target", "AmazonSQS.DeleteQueue"));
    refused(&sent, Rule::Header, "has no header");
    let sent = plain("eks", "ListClusters").with(|s| s.body = "Action=DeleteQueue".to_owned());
    refused(&sent, Rule::Body, "takes no body");
}

#[test]
fn what_names_no_operation() {
    for target in [
        "AmazonSQS.",
        "AmazonSQS.listqueues",
        "amazonsqs.ListQueues",
        "ListQueues",
        "AmazonSQS.ListQueues.DeleteQueue",
        "DynamoDB_20120810.ListTables",
        "AmazonSQS.NoSuchThing",
        "AmazonSQS.ListQueues,AmazonSQS.DeleteQueue",
    ] {
        let sent = plain("sqs", "ListQueues").with(|s| s.set_header("x-amz-target", target));
        refused(&sent, Rule::NoOperation, "x-amz-target");
    }
    let sent = plain("sqs", "ListQueues").with(|s| s.headers.retain(|(name, _)| name != "x-amz-target"));
    refused(&sent, Rule::NoOperation, "no x-amz-target");
    for body in ["Action=describeinstances&Version=2016-11-15", "Action=&Version=2016-11-15", "Version=2016-11-15"] {
        let sent = plain("ec2", "DescribeInstances").with(|s| s.body = body.to_owned());
        refused(&sent, Rule::NoOperation, "Action");
    }
    // Another service's request at this service's endpoint.
    let sent = plain("dynamodb", "ListTables").with(|s| s.service = "ecs".to_owned());
    refused(&sent, Rule::Service, "not in the host's tables");
    let sent = plain("dynamodb", "ListTables").with(|s| s.service = "sqs".to_owned());
    refused(&sent, Rule::NoOperation, "no operation of sqs");
}

#[test]
fn forms_name_each_field_once_and_plainly() {
    let version = "Version=2016-11-15";
    for (body, rule, what) in [
        (format!("Action=DescribeInstances&Action=TerminateInstances&{version}"), Rule::Parameter, "given twice"),
        (format!("Action=DescribeInstances&action=TerminateInstances&{version}"), Rule::Parameter, "given twice"),
        (format!("Action=DescribeInstances&%41ction=TerminateInstances&{version}"), Rule::Body, "is not named in"),
        (format!("Action=DescribeInstances&Action+=TerminateInstances&{version}"), Rule::Body, "is not named in"),
        (
            format!("Action=DescribeInstances;Action=TerminateInstances&{version}"),
            Rule::Body,
            "must be percent-encoded",
        ),
        (format!("Action=DescribeInstances&{version}&{version}"), Rule::Parameter, "given twice"),
        ("Action=DescribeInstances".to_owned(), Rule::Parameter, "Version must be"),
        ("Action=DescribeInstances&Version=2012-11-05".to_owned(), Rule::Parameter, "Version must be"),
        (format!("Action=DescribeInstances&{version}&Nonsense=1"), Rule::Parameter, "no parameter"),
        (format!("Action=DescribeInstances&{version}&InstanceId"), Rule::Body, "has no ="),
        (format!("Action=DescribeInstances&{version}&"), Rule::Body, "has no ="),
        (format!("Action=DescribeInstances&{version}&InstanceId.1=i%2d1"), Rule::Body, "upper-case"),
        (format!("Action=DescribeInstances&{version}&InstanceId.1=a%0Ab"), Rule::Body, "control"),
        (format!("Action=Describe%49nstances&{version}"), Rule::Body, "must not be encoded"),
        (String::new(), Rule::Body, "has no ="),
    ] {
        refused(&plain("ec2", "DescribeInstances").with(|s| s.body = body), rule, what);
    }
    let filtered =
        "Action=DescribeInstances&Version=2016-11-15&Filter.1.Name=tag%3AName&Filter.1.Value.1=a+b&MaxResults=100";
    passes(&plain("ec2", "DescribeInstances").with(|s| s.body = filtered.to_owned()));
}

#[test]
fn a_neighbour_at_the_same_endpoint_is_told_apart_by_its_version() {
    // elb and elbv2: one host, the same action names, two versions.
    let sent = plain("elbv2", "DescribeLoadBalancers").with(|s| s.service = "elb".to_owned());
    refused(&sent, Rule::Parameter, "Version must be \"2012-06-01\"");
}

#[test]
fn json_bodies_are_one_object_without_repeated_or_unknown_keys() {
    let deep = format!(r#"{{"AttributeNames":{}1{}}}"#, "[".repeat(40), "]".repeat(40));
    for (body, rule, what) in [
        ("", Rule::Body, "not the JSON"),
        ("[]", Rule::Body, "not an object"),
        ("null", Rule::Body, "not an object"),
        ("{}{}", Rule::Body, "not the JSON"),
        ("{} x", Rule::Body, "not the JSON"),
        ("\u{feff}{}", Rule::Body, "not the JSON"),
        (r#"{"QueueUrl":"a","QueueUrl":"b"}"#, Rule::Body, "given twice"),
        (r#"{"QueueUrl":{"a":1,"a":2}}"#, Rule::Body, "given twice"),
        (r#"{"queueUrl":"a"}"#, Rule::Parameter, "no parameter"),
        (r#"{"__type":"x"}"#, Rule::Parameter, "no parameter"),
        (deep.as_str(), Rule::Body, "deeper than"),
    ] {
        refused(&plain("sqs", "GetQueueAttributes").with(|s| s.body = body.to_owned()), rule, what);
    }
    let escaped = r#"{"QueueUrl":"a","QueueU\u0072l":"b"}"#;
    refused(&plain("sqs", "GetQueueAttributes").with(|s| s.body = escaped.to_owned()), Rule::Body, "given twice");
}

#[test]
fn each_limit_is_a_refusal_and_the_last_size_below_it_is_not() {
    let long = |bytes: usize| format!("/?continuation-token={}", "a".repeat(bytes - 21));
    passes(&plain("s3", "ListBuckets").with(|s| s.target = long(limits::TARGET_BYTES)));
    refused(&plain("s3", "ListBuckets").with(|s| s.target = long(limits::TARGET_BYTES + 1)), Rule::Limit, "bytes");
    let parts = format!("/{}", vec!["a"; limits::TARGET_PARTS + 1].join("/"));
    refused(&plain("s3", "ListBuckets").with(|s| s.target = parts), Rule::Limit, "path segments");

    let body = |bytes: usize| format!(r#"{{"QueueNamePrefix":"{}"}}"#, "a".repeat(bytes - 22));
    passes(&plain("sqs", "ListQueues").with(|s| s.body = body(limits::BODY_BYTES)));
    refused(&plain("sqs", "ListQueues").with(|s| s.body = body(limits::BODY_BYTES + 1)), Rule::Limit, "body");
    let values = format!(r#"{{"AttributeNames":[{}1]}}"#, "1,".repeat(limits::JSON_VALUES));
    refused(&plain("sqs", "GetQueueAttributes").with(|s| s.body = values), Rule::Body, "more than");

    let fields = |count: usize| {
        let ids = (1..count - 1).map(|n| format!("&InstanceId.{n}=i-{n}")).collect::<Vec<_>>().concat();
        format!("Action=DescribeInstances&Version=2016-11-15{ids}")
    };
    passes(&plain("ec2", "DescribeInstances").with(|s| s.body = fields(limits::FORM_FIELDS)));
    refused(
        &plain("ec2", "DescribeInstances").with(|s| s.body = fields(limits::FORM_FIELDS + 1)),
        Rule::Limit,
        "fields",
    );

    let many = |s: &mut super::sent::Sent| {
        s.headers.extend((0..limits::HEADERS).map(|n| (format!("x-amz-n-{n}"), "x".to_owned())));
    };
    refused(
        &plain("s3", "ListBuckets").with(|s| {
            many(s);
            s.set_header("x-one-more", "x");
        }),
        Rule::Limit,
        "headers",
    );
    let wide = "1".repeat(limits::HEADER_BYTES + 1);
    let sent = plain("s3", "GetBucketTagging").with(|s| s.set_header("x-amz-expected-bucket-owner", &wide));
    refused(&sent, Rule::Limit, "header");
    passes(&plain("s3", "GetBucketTagging").with(|s| s.set_header("x-amz-expected-bucket-owner", "111122223333")));
}

#[test]
fn what_the_guest_wrote_is_cut_and_clean_in_a_refusal() {
    let sent = plain("sqs", "ListQueues").with(|s| s.service = format!("\u{1b}[31m{}", "x".repeat(10_000)));
    let text = refused(&sent, Rule::Service, "not in").to_string();
    assert!(text.len() < 500 && !text.contains('\u{1b}'), "{text}");
}

#[test]
fn the_management_identity_signs_organizations_calls_only() {
    let sent = |service, operation| plain(service, operation).with(|s| s.identity = Identity::Management);
    passes(&sent("organizations", "ListAccounts"));
    for (service, operation) in
        [("account", "ListRegions"), ("iam", "ListUsers"), ("s3", "ListBuckets"), ("sts", "GetCallerIdentity")]
    {
        refused(&sent(service, operation), Rule::Identity, "organizations calls only");
    }
}
