//! What `generate!` makes of `wit/`: nothing else stands here.
#![allow(clippy::all, clippy::pedantic, reason = "generated")]

wit_bindgen::generate!({ path: "../../wit", world: "integration", pub_export_macro: true });
