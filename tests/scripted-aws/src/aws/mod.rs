//! What AWS would say: from a request to an answer, the weather aside.

pub(crate) mod access;
pub(crate) mod assume;
pub(crate) mod error;
pub(crate) mod operation;
pub(crate) mod organization;
pub(crate) mod protocol;
pub(crate) mod render;
pub(crate) mod request;
pub(crate) mod respond;
pub(crate) mod session;
pub(crate) mod template;
pub(crate) mod time;
pub(crate) mod token;
