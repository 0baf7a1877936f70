//! The process: a scripted AWS on loopback.
//!
//! It prints `port N control M` when it listens, and then nothing: the second port is the control path's own, without TLS.

mod aws;
mod server;
mod weather;

use std::io::Read as _;
use std::path::PathBuf;
use std::sync::Arc;

use anyhow::{Context as _, Result, ensure};
use clap::Parser;
use portolan_scripted_aws::Options;
use server::accept;
use server::call::Server;
use tokio_rustls::TlsAcceptor;

/// A scripted AWS on loopback: a computed estate, behind whatever weather is asked for.
#[derive(Debug, Parser)]
#[command(name = "portolan-scripted-aws")]
struct Arguments {
    /// Options as a JSON object, or a file with one: see README.md for the members.
    #[arg(long, default_value = "{}", value_name = "JSON|FILE")]
    options: String,
    /// The port on 127.0.0.1; 0 takes a free one.
    #[arg(long)]
    port: Option<u16>,
    /// Speak TLS, and write the certificate authority to this file.
    #[arg(long, value_name = "FILE")]
    tls: Option<PathBuf>,
    /// Accounts of the organization.
    #[arg(long)]
    accounts: Option<u32>,
    /// Regions of every account, up to 17.
    #[arg(long)]
    regions: Option<u32>,
    /// Resources of a unit that has any, on average.
    #[arg(long)]
    resources: Option<u32>,
    /// How often the estate has changed.
    #[arg(long)]
    generation: Option<u32>,
    /// Milliseconds before every answer.
    #[arg(long, value_name = "MS")]
    latency: Option<f64>,
    /// Limit calls by AWS's token buckets.
    #[arg(long)]
    buckets: bool,
    /// End when standard input ends: with the process that started this one.
    #[arg(long)]
    lifeline: bool,
}

impl Arguments {
    fn options(self) -> Result<Options> {
        let text = if self.options.trim_start().starts_with('{') {
            self.options
        } else {
            std::fs::read_to_string(&self.options).with_context(|| self.options.clone())?
        };
        let mut options: Options = serde_json::from_str(&text).context("--options")?;
        options.port = self.port.unwrap_or(options.port);
        options.accounts = self.accounts.unwrap_or(options.accounts);
        options.regions = self.regions.unwrap_or(options.regions);
        options.resources = self.resources.unwrap_or(options.resources);
        options.generation = self.generation.unwrap_or(options.generation);
        options.latency_ms = self.latency.unwrap_or(options.latency_ms);
        options.buckets |= self.buckets;
        if let Some(file) = self.tls {
            options.tls = true;
            options.ca_file = Some(file);
        }
        Ok(options)
    }
}

fn main() -> Result<()> {
    let arguments = Arguments::parse();
    if arguments.lifeline {
        std::thread::spawn(|| {
            let _ = std::io::stdin().read_to_end(&mut Vec::new());
            std::process::exit(0);
        });
    }
    let options = arguments.options()?;
    // One thread: what it costs is then easily told, and the other cores are the client's.
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    runtime.block_on(run(options))
}

async fn run(options: Options) -> Result<()> {
    let tls = match &options.ca_file {
        Some(file) if options.tls => Some(TlsAcceptor::from(Arc::new(server::authority::make(file)?))),
        _ => None,
    };
    ensure!(tls.is_some() == options.tls, "tls needs ca_file: where the certificate authority is written");
    let (close, closed) = tokio::sync::mpsc::unbounded_channel();
    let listener = accept::listen(options.port).await?;
    let control = accept::listen(0).await?;
    let (port, control_port) = (listener.local_addr()?.port(), control.local_addr()?.port());
    let server = Arc::new(Server::new(options, close)?);
    tokio::spawn(accept::control(Arc::clone(&server), control));
    println!("port {port} control {control_port}");
    accept::run(server, listener, tls, closed).await
}
