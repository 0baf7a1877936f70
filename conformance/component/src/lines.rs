//! Pages as a host reads them.

use crate::bindings::exports::portolan::aws::sync::Page;

/// One resource's line. Its values need no escaping: they are the program's own.
pub fn resource(kind: &str, account: &str, region: &str, id: &str) -> String {
    let arn = format!("arn:aws:test:{region}:{account}:{id}");
    format!(
        r#"{{"id":"{id}","arn":"{arn}","name":"{id}","region":"{region}","parents":[],"gaps":[],"resource":{{"Type":"{kind}","Properties":{{"Arn":"{arn}","Id":"{id}"}},"__ExtraContext":{{"AccountId":"{account}","Region":"{region}"}}}}}}"#
    ) + "\n"
}

/// A whole last page of these lines.
pub fn page(lines: Vec<String>) -> Page {
    Page { resources: lines.concat(), entities: String::new(), problems: Vec::new(), whole: true, next: None }
}
