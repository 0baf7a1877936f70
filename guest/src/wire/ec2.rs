//! EC2's dialect of the query protocol: lists without an element in their names, answers without a wrapper.

use serde_json::{Map, Value};

use super::place::Misfit;
use super::query::{Dialect, document, form};
use super::{Answer, Call, Written, xml};

pub(super) fn request(call: &Call<'_>, input: &Map<String, Value>) -> Result<Written, Misfit> {
    form(call, input, Dialect::Ec2)
}

pub(super) fn response(call: &Call<'_>, answer: &Answer<'_>) -> Result<Map<String, Value>, Misfit> {
    let root = document(call, answer)?;
    xml::structure(call.service, call.output(), &root)
}
