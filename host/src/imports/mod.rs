//! What the component may call, one file per interface: conversion, checks that protect the host, and the call.

mod log;
mod nowhere;
mod signed_http;

pub(crate) use log::printable;
pub(crate) use nowhere::Nowhere;
pub(crate) use signed_http::BatchOverfilled;
pub use signed_http::{CallScope, Outbound, Purpose};
