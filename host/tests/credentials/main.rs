//! Each credential source, and the sessions made from it, against real exchanges on loopback.

mod choosing;
mod clock;
mod http_client;
mod instance;
mod loopback;
mod profile;
mod secrecy;
mod sessions;
mod sts;
mod task;
mod web_identity;
