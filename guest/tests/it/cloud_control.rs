//! Types of CloudFormation's registry, through Cloud Control.

use portolan_guest::Guest;
use portolan_guest::host::Request;
use portolan_guest::problem::ProblemClass;
use serde_json::{Value, json};

use crate::Answer;
use crate::script::{OWN, Script, Whole, config, fault, limits, member, ok, own, read_all, run, status, unit};

const THING: &str = "AWS::IoT::Thing";

fn schema() -> Value {
    json!({
        "typeName": THING,
        "properties": {"ThingName": {}, "Arn": {}, "Id": {}, "AttributePayload": {}, "Secret": {}},
        "primaryIdentifier": ["/properties/ThingName"],
        "readOnlyProperties": ["/properties/Arn", "/properties/Id"],
        "writeOnlyProperties": ["/properties/Secret"],
        "required": ["Secret"],
        "handlers": {"list": {"permissions": ["iot:ListThings"]}, "read": {"permissions": ["iot:DescribeThing"]}},
    })
}

fn described(schema: &Value) -> Answer {
    let text = schema.to_string().replace('&', "&amp;").replace('<', "&lt;");
    ok(format!(
        "<DescribeTypeResponse><DescribeTypeResult><Type>RESOURCE</Type><TypeName>{THING}</TypeName><Schema>{text}</Schema>\
         </DescribeTypeResult></DescribeTypeResponse>"
    ))
}

fn resource(id: &str, properties: &Value) -> Value {
    json!({"Identifier": id, "Properties": properties.to_string()})
}

fn whole(id: &str) -> Value {
    json!({"ThingName": id, "Arn": format!("arn:aws:iot:eu-west-1:1:thing/{id}"), "Id": format!("id-{id}")})
}

fn read(host: &Script<'_>) -> Whole {
    read_all(host, &config(THING, json!([])), limits(), &unit(THING)).unwrap()
}

/// Two pages: of the first's one is whole; of the second's one has but its name, and one is gone when it is asked for.
fn things(request: &Request) -> Answer {
    assert!(request.operation == "DescribeType" || member(request, "TypeName") == THING);
    match (request.operation.as_str(), member(request, "NextToken"), member(request, "Identifier").as_str()) {
        ("DescribeType", ..) => described(&schema()),
        ("ListResources", Value::Null, _) => {
            assert_eq!(member(request, "MaxResults"), 100);
            ok(json!({"TypeName": THING, "NextToken": "2", "ResourceDescriptions": [resource("a", &whole("a"))]}))
        }
        ("ListResources", ..) => ok(json!({"TypeName": THING, "ResourceDescriptions": [
            resource("b", &json!({"ThingName": "b"})), resource("c", &json!({"ThingName": "c", "Id": "id-c"}))]})),
        ("GetResource", _, Some("c")) => fault("ResourceNotFoundException"),
        ("GetResource", _, Some(id)) => {
            let mut properties = whole(id);
            properties["AttributePayload"] = json!({"Attributes": {"ApiToken": "hunter2", "color": "red"}});
            ok(json!({"TypeName": THING, "ResourceDescription": resource(id, &properties)}))
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn what_the_list_leaves_out_is_asked_for_and_no_more() {
    let host = Script::new(things);
    let all = read(&host);
    assert_eq!(all.ids(), ["a", "b"]);
    assert_eq!(all.problems(), ["vanished cloudcontrol:GetResource x1 about c"]);
    assert!(all.whole);
    assert_eq!(host.count("GetResource"), 2);
    assert_eq!(all.lines[0]["arn"], "arn:aws:iot:eu-west-1:1:thing/a");
    assert_eq!(all.lines[1]["arn"], "arn:aws:iot:eu-west-1:1:thing/b");
    assert_eq!(all.lines[1]["name"], "b");
    assert_eq!(all.lines[0]["resource"]["Properties"], whole("a"), "the properties and nothing beside them");
    let attributes = &all.lines[1]["resource"]["Properties"]["AttributePayload"]["Attributes"];
    assert_eq!((&attributes["color"], &attributes["ApiToken"]["redacted"]), (&json!("red"), &json!(true)));
    assert!(!all.lines[1].to_string().contains("hunter2"));
}

#[test]
fn the_type_is_asked_for_alone_and_first_on_every_page() {
    let host = Script::new(things);
    let mut small = limits();
    small.page_bytes = 1;
    let all = read_all(&host, &config(THING, json!([])), small, &unit(THING)).unwrap();
    assert_eq!(all.ids(), ["a", "b"]);
    assert!(all.pages > 1);
    assert_eq!(host.count("DescribeType"), all.pages, "the host answers it from memory");
    let asked = host.asked.borrow();
    assert_eq!((asked[0].operation.as_str(), host.sends.borrow()[0]), ("DescribeType", 1));
    let expected = ["Action=DescribeType", "Type=RESOURCE", "TypeName=AWS%3A%3AIoT%3A%3AThing"];
    assert!(expected.iter().all(|part| asked[0].body.contains(part)), "{}", asked[0].body);
    assert_eq!(asked[0].body.split('&').count(), 4, "with the version, and nothing else: {}", asked[0].body);
    assert_eq!(asked[0].region, asked[1].region);
}

#[test]
fn without_a_read_handler_the_list_is_all_there_is() {
    let host = Script::new(|request| match request.operation.as_str() {
        "DescribeType" => {
            let mut schema = schema();
            schema["handlers"].as_object_mut().unwrap().remove("read");
            described(&schema)
        }
        "ListResources" => ok(json!({"ResourceDescriptions": [resource("b", &json!({"ThingName": "b"}))]})),
        other => panic!("{other}"),
    });
    assert_eq!(read(&host).ids(), ["b"]);
}

#[test]
fn a_detail_that_fails_or_is_no_json_is_a_gap() {
    for answer in [
        fault("GeneralServiceException"),
        ok(json!({"ResourceDescription": {"Identifier": "b", "Properties": "{"}})),
        ok(json!({"ResourceDescription": {"Identifier": "other", "Properties": "{}"}})),
    ] {
        let host = Script::new(|request| match request.operation.as_str() {
            "DescribeType" => described(&schema()),
            "ListResources" => ok(json!({"ResourceDescriptions": [resource("b", &json!({"ThingName": "b"}))]})),
            _ => answer.clone(),
        });
        let all = read(&host);
        assert_eq!((all.ids(), all.whole, all.problems.len()), (vec!["b"], true, 1));
        assert_eq!(all.lines[0]["gaps"], json!(["GetResourceAction"]));
    }
}

#[test]
fn a_list_that_is_no_json_proves_nothing() {
    let host = Script::new(|request| match request.operation.as_str() {
        "DescribeType" => described(&schema()),
        _ => ok(json!({"ResourceDescriptions": [{"Identifier": "b", "Properties": "["}]})),
    });
    let problem = read_all(&host, &config(THING, json!([])), limits(), &unit(THING)).err().unwrap();
    assert_eq!(problem.class, ProblemClass::BadAnswer);
}

#[test]
fn types_that_cannot_be_listed_say_why() {
    let list = |handler: Value| {
        let mut schema = schema();
        schema["handlers"]["list"] = handler;
        described(&schema)
    };
    let mut none = schema();
    none["handlers"] = json!({"read": {}});
    let unknown = status(
        404,
        "<ErrorResponse><Error><Code>TypeNotFoundException</Code><Message>no</Message></Error></ErrorResponse>",
    );
    let cases = [
        (described(&none), ProblemClass::Unavailable, "cannot be listed"),
        (list(json!({"handlerSchema": {"required": ["ParentId"]}})), ProblemClass::BadCall, "by ParentId"),
        (
            list(json!({"handlerSchema": {"oneOf": [{"required": ["A"]}, {"required": ["B"]}]}})),
            ProblemClass::BadCall,
            "by A, B",
        ),
        (unknown, ProblemClass::Unavailable, "knows no type AWS::IoT::Thing in eu-west-1"),
        (ok("<DescribeTypeResponse><DescribeTypeResult/></DescribeTypeResponse>"), ProblemClass::BadAnswer, "schema"),
    ];
    for (answer, class, message) in cases {
        let host = Script::new(|request| match request.operation.as_str() {
            "DescribeType" => answer.clone(),
            other => panic!("{other}"),
        });
        let problem = read_all(&host, &config(THING, json!([])), limits(), &unit(THING)).err().unwrap();
        assert_eq!(problem.class, class, "{problem:?}");
        assert!(problem.message.contains(message), "{problem:?}");
        assert_eq!(problem.region.as_deref(), Some("eu-west-1"));
    }
    for code in ["TypeNotFoundException", "UnsupportedActionException"] {
        let host =
            Script::new(|request| if request.operation == "DescribeType" { described(&schema()) } else { fault(code) });
        let problem = read_all(&host, &config(THING, json!([])), limits(), &unit(THING)).err().unwrap();
        assert_eq!(
            (problem.class, problem.operation.as_str()),
            (ProblemClass::Unavailable, "cloudcontrol:ListResources")
        );
    }
}

#[test]
fn what_is_misspelt_does_not_go_to_aws() {
    for (name, instead) in [
        ("AWS::SQS::Queues", Some("AWS::SQS::Queue")),
        ("AWS::Sqs::queue", Some("AWS::SQS::Queue")),
        ("AWS::EC2::Instnce", Some("AWS::EC2::Instance")),
        ("AWS::IoT::Thing::MODULE", None),
        ("My::IoT::Thing", None),
    ] {
        let remarks = Guest::configure(&config(name, json!([])).to_string(), run(limits())).err().unwrap_or_default();
        let [remark] = remarks.as_slice() else { panic!("{name}: {remarks:?}") };
        assert_eq!(remark.at, "/kinds/0/kind");
        if instead.is_some() {
            assert_eq!(remark.instead.as_deref(), instead, "{name}");
        }
    }
    let other = config("AWS::ApiGatewayV2::DomainName", json!([]));
    assert!(Guest::configure(&other.to_string(), run(limits())).is_ok(), "another service than AWS::ApiGateway");
}

/// Nobody mistakes one's own kind for a type of the registry.
#[test]
fn the_user_s_own_names_count_as_curated() {
    let list =
        json!({"list": {"operation": "ListRoots", "items": "Roots"}, "id": "{Id}", "aliases": ["AWS::My::Roots"]});
    let mut given = own("organizations", list);
    given["kinds"][0]["kind"] = json!("AWS::My::Root");
    let remarks = Guest::configure(&given.to_string(), run(limits())).err().unwrap();
    assert_eq!(remarks[0].instead.as_deref(), Some(OWN));
    given["kinds"][0]["kind"] = json!("AWS::My::Roots");
    assert!(Guest::configure(&given.to_string(), run(limits())).is_ok());
}

#[test]
fn the_manifest_has_the_three_calls() {
    let (_, configured) = Guest::configure(&config(THING, json!([])).to_string(), run(limits())).unwrap();
    let manifest: Value = serde_json::from_str(&configured.manifest).unwrap();
    let kind = &manifest["kinds"][0];
    let calls: Vec<&str> =
        kind["calls"].as_array().unwrap().iter().map(|call| call["operation"].as_str().unwrap()).collect();
    assert_eq!(calls, ["cloudcontrol:GetResource", "cloudcontrol:ListResources", "cloudformation:DescribeType"]);
    assert!(kind["calls"].as_array().unwrap().iter().all(|call| call["identity"] == "account"));
    assert_eq!((&kind["kind"], &kind["service"]), (&json!(THING), &json!("cloudcontrol")));
    assert_eq!((&kind["scope"], &kind["tier"]), (&json!("region"), &json!("heavy")));
    assert_eq!((&kind["confirm"], &kind["cloudformation"]), (&json!("second-run"), &json!(true)));
    assert_eq!(
        (&kind["actions"][0]["name"], &kind["actions"][0]["default"]),
        (&json!("GetResourceAction"), &json!(true))
    );
}
