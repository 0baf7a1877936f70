//! The server: connections, calls, and the control path.

pub(crate) mod accept;
pub(crate) mod authority;
pub(crate) mod call;
pub(crate) mod control;
pub(crate) mod count;
pub(crate) mod dress;
pub(crate) mod wire;
