//! The component in a plain wasmtime host: all that it needs, and what comes out.
//!
//! ```console
//! $ cargo run --package portolan-dist -- target/components
//! $ cargo run --example plain_wasmtime -- target/components/portolan.wasm
//! ```
//!
//! Its answers stand below. A host that asks AWS signs each request with the role of the account whose call is running, asks
//! the guard first, retries, and sets limits of memory and time: docs/embedding.md has the list.
#![allow(missing_docs, reason = "generated; the WIT files document it")]

wasmtime::component::bindgen!({ world: "integration", path: "wit" });

use self::portolan::aws::{log, signed_http};
use exports::portolan::aws::sync::{Account, AccountRole, Limits, Page, Run, Unit};
use signed_http::{Request, Response, SendError, SendFailure};
use wasmtime::component::{Component, HasSelf, Linker};
use wasmtime::{Engine, Result, Store, format_err};

/// A host is a function that answers one request.
struct Host<F>(F);

impl<F: FnMut(&Request) -> Result<Response, SendError>> signed_http::Host for Host<F> {
    fn send(&mut self, requests: Vec<Request>) -> Vec<Result<Response, SendError>> {
        requests.iter().map(&mut self.0).collect()
    }
}

impl<F> log::Host for Host<F> {
    fn write(&mut self, level: log::Level, message: String) {
        eprintln!("{level:?}: {message}");
    }
}

const CONFIG: &str = r#"{"version": 1, "redaction_key": "00", "mapping": {"resources": [{
    "kind": "AWS::Logs::LogGroup",
    "selector": {"query": "true"},
    "port": {"entity": {"mappings": {"identifier": ".Properties.logGroupName", "blueprint": "\"logGroup\"",
        "properties": {"days": ".Properties.retentionInDays"}}}}
}]}}"#;

/// What came of a page.
struct Read {
    manifest: String,
    verdict: String,
    page: Page,
    entities: String,
}

fn read(component: &Component, answer: impl FnMut(&Request) -> Result<Response, SendError> + 'static) -> Result<Read> {
    let engine = component.engine();
    let mut linker = Linker::new(engine);
    Integration::add_to_linker::<_, HasSelf<_>>(&mut linker, |host| host)?;
    let mut store = Store::new(engine, Host(answer));
    let portolan = Integration::instantiate(&mut store, component, &linker)?;

    let manifest = portolan.portolan_aws_catalogue().call_describe(&mut store)?;
    let refused = r#"{"__type": "ThrottlingException", "message": "Rate exceeded"}"#;
    let errors = portolan.portolan_aws_errors();
    let verdict = errors.call_classify(&mut store, "logs", "DescribeLogGroups", 400, &[], refused)?;

    let sync = portolan.portolan_aws_sync();
    let limits = Limits {
        batch: 100,
        response_bytes: 64 << 20,
        batch_bytes: 64 << 20,
        page_bytes: 1 << 20,
        cursor_bytes: 64 << 10,
    };
    let run = Run { id: "example".to_owned(), started_at_ms: 1_763_800_000_000, partition: "aws".to_owned(), limits };
    sync.call_configure(&mut store, CONFIG, &run)?.map_err(|rejected| format_err!("{:?}", rejected.remarks))?;
    let account = Account {
        id: "111122223333".to_owned(),
        name: "shop".to_owned(),
        role: AccountRole::Member,
        details: "{}".to_owned(),
    };
    let unit = Unit { kind: "AWS::Logs::LogGroup".to_owned(), region: Some("eu-west-1".to_owned()) };
    let page = sync.call_sync_page(&mut store, &account, &unit, None)?;
    let page = page.map_err(|failure| format_err!("{:?}", failure.problem))?;
    let mapped = sync.call_map_resources(&mut store, &unit, &page.resources)?;
    let entities = mapped.map_err(|failure| format_err!("{:?}", failure.problem))?.entities;
    Ok(Read { manifest, verdict: format!("{:?} {}", verdict.class, verdict.code), page, entities })
}

/// Answers as AWS would.
fn aws(request: &Request) -> Result<Response, SendError> {
    let body = match request.operation.as_str() {
        "DescribeLogGroups" => {
            r#"{"logGroups": [{"logGroupName": "/shop/orders", "creationTime": 1704164645000, "retentionInDays": 30,
                "logGroupArn": "arn:aws:logs:eu-west-1:111122223333:log-group:/shop/orders"}]}"#
        }
        "GetResources" => r#"{"ResourceTagMappingList": []}"#,
        operation => {
            let message = format!("{operation} has no answer here");
            return Err(SendError { class: SendFailure::Refused, message });
        }
    };
    let headers = vec![("content-type".to_owned(), "application/x-amz-json-1.1".to_owned())];
    Ok(Response { status: 200, headers, body: body.to_owned(), attempts: 1 })
}

fn main() -> Result<()> {
    let file = std::env::args().nth(1).unwrap_or_else(|| "target/components/portolan.wasm".to_owned());
    let read = read(&Component::from_file(&Engine::default(), file)?, aws)?;
    println!("{} bytes of manifest; a throttle is {}", read.manifest.len(), read.verdict);
    println!("whole: {}\n{}{}", read.page.whole, read.page.resources, read.entities);
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Both in one test: compiling the component is what takes time.
    #[test]
    fn a_plain_host_reads_a_page_and_maps_it_and_what_it_refuses_is_a_problem() {
        let component = include_bytes!(env!("PORTOLAN_COMPONENT_FILE"));
        let component = Component::from_binary(&Engine::default(), component).unwrap();
        let good = read(&component, aws).unwrap();
        assert!(good.manifest.contains("AWS::Logs::LogGroup"));
        assert_eq!(good.verdict, "Class::Throttled ThrottlingException");
        assert!(good.page.whole && good.page.next.is_none() && good.page.problems.is_empty(), "{:?}", good.page);
        assert!(good.page.resources.contains(r#""id":"/shop/orders""#), "{}", good.page.resources);
        assert!(good.entities.contains(r#""identifier":"/shop/orders""#), "{}", good.entities);
        assert!(good.entities.contains(r#""days":30"#), "{}", good.entities);
        assert_eq!(good.entities, good.page.entities);

        let nothing = |_: &Request| Err(SendError { class: SendFailure::Refused, message: "no".to_owned() });
        let error = read(&component, nothing).err().unwrap().to_string();
        assert!(error.contains("Refused") && error.contains("logs:DescribeLogGroups"), "{error}");
    }
}
