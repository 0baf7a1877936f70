//! Log lines on stderr: for people, or one JSON object a line.

use std::io::{IsTerminal, Write};
use std::sync::OnceLock;

use serde_json::{Map, Value};
use tracing::field::{Field, Visit};
use tracing::{Event, Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::LevelFilter;
use tracing_subscriber::layer::{Context, SubscriberExt};
use tracing_subscriber::util::SubscriberInitExt;

use crate::config::settings::{LogLevel, LogSettings};
use crate::run::{iso, now_ms};

static RUN_ID: OnceLock<String> = OnceLock::new();

/// Starts logging; the first call wins.
pub fn start(settings: LogSettings) {
    let level = match settings.level {
        LogLevel::Error => LevelFilter::ERROR,
        LogLevel::Warn => LevelFilter::WARN,
        LogLevel::Info => LevelFilter::INFO,
        LogLevel::Debug => LevelFilter::DEBUG,
        LogLevel::Trace => LevelFilter::TRACE,
    };
    let terminal = std::io::stderr().is_terminal();
    let lines = Lines { json: settings.json, redraws: terminal && !settings.json };
    let _ = tracing_subscriber::registry().with(lines.with_filter(level)).try_init();
}

struct Lines {
    json: bool,
    /// Whether a progress line may stand on the terminal's current line.
    redraws: bool,
}

/// Lines of libraries below this program are noise at `info`, and may hold what we would not print.
const OURS: &[&str] = &["portolan", "guest"];

impl<S: Subscriber> Layer<S> for Lines {
    fn on_event(&self, event: &Event<'_>, _context: Context<'_, S>) {
        let meta = event.metadata();
        let ours = OURS.iter().any(|name| meta.target() == *name || meta.target().starts_with(&format!("{name}::")));
        if !ours && *meta.level() > Level::WARN {
            return;
        }
        let mut fields = Fields::default();
        event.record(&mut fields);
        let line = if self.json { json(*meta.level(), fields) } else { text(*meta.level(), &fields, self.redraws) };
        // A closed stderr is no reason to stop a run.
        let _ = std::io::stderr().lock().write_all(line.as_bytes());
    }
}

fn json(level: Level, fields: Fields) -> String {
    let mut object = Map::new();
    object.insert("ts".to_owned(), Value::from(iso(now_ms())));
    object.insert("level".to_owned(), Value::from(level.as_str().to_ascii_lowercase()));
    if let Some(id) = RUN_ID.get() {
        object.insert("run_id".to_owned(), Value::from(id.as_str()));
    }
    if let Some(id) = fields.values.get("run_id").and_then(Value::as_str) {
        // The first line of a run names it; all that follow bear the name.
        let _ = RUN_ID.set(id.to_owned());
    }
    object.extend(fields.values);
    object.insert("message".to_owned(), Value::from(fields.message));
    format!("{}\n", Value::Object(object))
}

fn text(level: Level, fields: &Fields, redraws: bool) -> String {
    let label = match level {
        Level::ERROR => "error: ",
        Level::WARN => "warning: ",
        _ => "",
    };
    let mut line = format!("{}{label}{}", if redraws { "\r\u{1b}[2K" } else { "" }, fields.message);
    for (name, value) in &fields.values {
        let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        line.push_str(&format!(" {name}={value}"));
    }
    line.push('\n');
    line
}

#[derive(Default)]
struct Fields {
    message: String,
    values: Map<String, Value>,
}

impl Visit for Fields {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        self.put(field, Value::from(format!("{value:?}")));
    }
    fn record_str(&mut self, field: &Field, value: &str) {
        self.put(field, Value::from(value));
    }
    fn record_u64(&mut self, field: &Field, value: u64) {
        self.put(field, Value::from(value));
    }
    fn record_i64(&mut self, field: &Field, value: i64) {
        self.put(field, Value::from(value));
    }
    fn record_bool(&mut self, field: &Field, value: bool) {
        self.put(field, Value::from(value));
    }
}

impl Fields {
    fn put(&mut self, field: &Field, value: Value) {
        if field.name() == "message" {
            self.message = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        } else {
            self.values.insert(field.name().to_owned(), value);
        }
    }
}
