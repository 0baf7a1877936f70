//! One operation: its place on the wire, what it needs of IAM, how its pages follow each other.

use serde::Deserialize;

use crate::ShapeId;

/// One operation of a service.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Operation {
    /// The HTTP method, in capitals.
    pub method: String,
    /// Path and fixed query of the request, with its labels: `/{Bucket}?tagging`, `/tags/{Arn+}`.
    pub path: String,
    /// What stands before the endpoint's host name, with its labels: `{AccountId}.`.
    pub host_prefix: Option<String>,
    /// The IAM action; `None` where the service authorization data has none under this operation's name.
    pub action: Option<String>,
    /// What that action gives, by the service authorization data.
    pub access: Option<Access>,
    /// Set where this read is no inventory: it hands out credentials, secrets, contents, or does something.
    pub denied: Option<Denied>,
    /// The shape of what is sent.
    pub input: Option<ShapeId>,
    /// The shape of what comes back.
    pub output: Option<ShapeId>,
    /// The element around the answer, in the query protocol: `ListTopicsResult`.
    pub result_wrapper: Option<String>,
    /// How pages follow each other: by AWS's model, else by the tokens that input and output have.
    pub paging: Option<Paging>,
    /// The path of the list of what there is, in the answer of a call that lists; none where that cannot be told.
    pub items: Option<String>,
}

/// What an action gives, in the words of AWS's service authorization data.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Access {
    /// Names what exists.
    List,
    /// Reads attributes or contents.
    Read,
    /// Changes something.
    Write,
    /// Changes tags.
    Tagging,
    /// Changes who may do what.
    Permissions,
}

/// How pages follow each other. Tokens of one page pair up by position; names may be paths (`Page.NextToken`).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Paging {
    /// The members of the input that take the token.
    pub input_token: Vec<String>,
    /// The members of the output that give it.
    pub output_token: Vec<String>,
    /// The members of the output that hold the items.
    pub result: Vec<String>,
    /// The member of the input that bounds a page.
    pub limit: Option<String>,
    /// The member of the output that says whether there is more.
    pub more: Option<String>,
}

/// Why and how far a read is kept from the guest.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Denied {
    /// What it would hand out: `credential`, `secret`, `object data`, …
    pub class: String,
    /// Whether anything opens it.
    pub rule: DeniedRule,
    /// For [`DeniedRule::Constrain`]: what must hold of the request or be dropped from the answer.
    pub constraint: Option<String>,
}

/// What opens a denied read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DeniedRule {
    /// Nothing.
    Never,
    /// The operator's explicit grant.
    Grant,
    /// A condition on the request or the answer.
    Constrain,
}
