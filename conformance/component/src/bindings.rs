//! What `generate!` makes of the released interface: nothing else stands here.
#![allow(clippy::all, clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({ path: "../../wit/released/0.1.0", world: "integration", pub_export_macro: true });
