//! What can go wrong, one kind for each.

use crate::bindings::exports::portolan::aws::sync::{Account, Failure, Page, ProblemClass, Run};
use crate::bindings::portolan::aws::log::{self, Level};
use crate::bindings::portolan::aws::signed_http::{self, Request, SendFailure};
use crate::{lines, problem, requests};

/// The regions of every account.
pub const REGIONS: &[&str] = &["eu-west-1", "us-east-1"];
/// Where a kind does what its name says; elsewhere it gives one resource.
pub const MISBEHAVES_IN: &str = "us-east-1";

/// How much is asked for at once by the one who eats memory: small steps show that the limit is a limit of the sum.
const BITE_BYTES: usize = 1 << 20;
/// A page that is too large by any measure: beyond the limit and a host's slack for a last resource, and of the same size
/// where a second try is told half the limit.
const LARGE_PAGE_BYTES: usize = 12 << 20;
/// How many times the limit of cursors is exceeded.
const EXCESS: usize = 10;
/// How often a resource's line repeats its id.
const ID_REPEATED: usize = 5;
/// Lines that the flooder of logs writes, some with control characters.
const FLOOD_LINES: u32 = 100_000;

macro_rules! behaviours {
    ($($(#[$doc:meta])* $variant:ident = $name:literal,)+) => {
        #[derive(Clone, Copy, PartialEq, Eq)]
        pub enum Behaviour { $($(#[$doc])* $variant,)+ }
        impl Behaviour {
            pub const ALL: &[Self] = &[$(Self::$variant,)+];
            pub fn name(self) -> &'static str {
                match self { $(Self::$variant => $name,)+ }
            }
        }
    };
}

behaviours! {
    /// One resource, no request.
    Quiet = "Test::Behaves::Quietly",
    /// Two pages, each after a permitted request, in every region.
    Asking = "Test::Behaves::Asking",
    LoopsForever = "Test::Loops::Forever",
    /// Never stops, and calls the log each time round.
    LoopsLogging = "Test::Loops::Logging",
    Panics = "Test::Panics::WithMessage",
    EatsMemory = "Test::Eats::Memory",
    PageTooLarge = "Test::Pages::TooLarge",
    PageNotJson = "Test::Pages::NotJson",
    CursorTooLong = "Test::Cursors::TooLong",
    CursorRepeats = "Test::Cursors::Repeating",
    CursorEndless = "Test::Cursors::Endless",
    BatchOverfull = "Test::Sends::Overfull",
    HostDoubleSlash = "Test::Hosts::DoubleSlash",
    HostAtSign = "Test::Hosts::AtSign",
    HostAbsolute = "Test::Hosts::AbsoluteTarget",
    HostDottedPrefix = "Test::Hosts::DottedPrefix",
    HostHeader = "Test::Hosts::Header",
    HostRegion = "Test::Hosts::Region",
    HostMetadata = "Test::Hosts::Metadata",
    WritesQueue = "Test::Writes::DeleteQueue",
    WritesInstances = "Test::Writes::TerminateInstances",
    WritesInQuery = "Test::Writes::InQueryString",
    WritesInDouble = "Test::Writes::SecondAction",
    AsksAsManagement = "Test::Asks::AsManagement",
    AsksUndeclared = "Test::Asks::Undeclared",
    AsksForCredentials = "Test::Asks::ForCredentials",
    /// Cloud Control, about a type that was not described before.
    AsksUndescribed = "Test::Asks::Undescribed",
    SignsItself = "Test::Asks::WithAuthorization",
    /// Data that no inventory needs; its manifest declares these, which helps nothing.
    ReadsObject = "Test::Reads::Object",
    ReadsItem = "Test::Reads::Item",
    ReadsSecret = "Test::Reads::Secret",
    ReadsParameter = "Test::Reads::Parameter",
    ReadsMessages = "Test::Reads::Messages",
    /// The metadata service by its IPv6 address and by the name that containers know, as a host prefix.
    HostMetadataSix = "Test::Hosts::MetadataSix",
    HostMetadataPrefix = "Test::Hosts::MetadataPrefix",
    /// Another account than the one of the call: by a role, by a parameter, by a header.
    OthersRole = "Test::Others::AssumeRole",
    OthersRegions = "Test::Others::Parameter",
    OthersHeader = "Test::Others::Header",
    /// A permitted request that names another account wherever the guest may write; gives back what AWS answered.
    OthersNamed = "Test::Others::Everywhere",
}

impl Behaviour {
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|kind| kind.name() == name)
    }

    /// Whether it does the same in every region.
    pub fn is_honest(self) -> bool {
        matches!(self, Self::Quiet | Self::Asking | Self::OthersNamed)
    }

    /// Does what the name says.
    pub fn page(self, account: &Account, region: &str, run: &Run, cursor: Option<&str>) -> Result<Page, Failure> {
        let one = || lines::resource(self.name(), &account.id, region, "well");
        Ok(match self {
            Self::Quiet => lines::page(vec![one()]),
            Self::Asking => return self.asking(account, region, cursor),
            Self::LoopsForever => loop {
                std::hint::black_box(());
            },
            Self::LoopsLogging => loop {
                log::write(Level::Debug, "still here");
            },
            Self::Panics => panic!("this unit panics on purpose"),
            Self::EatsMemory => eat(),
            Self::PageTooLarge => {
                let id = "x".repeat(LARGE_PAGE_BYTES / ID_REPEATED);
                lines::page(vec![lines::resource(self.name(), &account.id, region, &id)])
            }
            Self::PageNotJson => {
                flood();
                Page { resources: "{\"id\": \u{1b}[31m not JSON".to_owned(), ..lines::page(Vec::new()) }
            }
            Self::CursorTooLong => {
                let next = "c".repeat(run.limits.cursor_bytes as usize * EXCESS);
                Page { next: Some(next), ..lines::page(vec![one()]) }
            }
            Self::CursorRepeats => Page { next: Some("again".to_owned()), ..lines::page(vec![one()]) },
            Self::CursorEndless => {
                let number = cursor.and_then(|text| text.parse::<u64>().ok()).unwrap_or(0);
                Page { next: Some((number + 1).to_string()), ..lines::page(vec![one()]) }
            }
            Self::OthersNamed => return self.repeating(account, region),
            Self::BatchOverfull => {
                let batch = (0..=run.limits.batch).map(|_| requests::list_queues(region)).collect();
                return self.send(account, region, batch);
            }
            _ => match requests::of(self, region) {
                Some(request) => return self.send(account, region, vec![request]),
                None => lines::page(vec![one()]),
            },
        })
    }

    fn asking(self, account: &Account, region: &str, cursor: Option<&str>) -> Result<Page, Failure> {
        let mut page = self.send(account, region, vec![requests::list_queues(region)])?;
        if cursor.is_none() {
            page.next = Some("second".to_owned());
        } else {
            page.resources = lines::resource(self.name(), &account.id, region, "second");
        }
        Ok(page)
    }

    /// What the answer says, word by word, as the id of a resource.
    fn repeating(self, account: &Account, region: &str) -> Result<Page, Failure> {
        let mut page = lines::page(Vec::new());
        for answer in signed_http::send(&[requests::naming_another(region)]) {
            match answer {
                Ok(response) => {
                    let id: String = response.body.chars().filter(|c| !matches!(c, '"' | '\\')).collect();
                    page.resources.push_str(&lines::resource(self.name(), &account.id, region, &id));
                }
                Err(error) => page.problems.push(problem(class(error.class), &error.message)),
            }
        }
        Ok(page)
    }

    /// Sends, and says honestly what came of it: a resource for an answer, a problem with the host's words for a refusal.
    fn send(self, account: &Account, region: &str, batch: Vec<Request>) -> Result<Page, Failure> {
        let operation = batch.first().map(|request| format!("{}:{}", request.service, request.operation));
        let mut page = lines::page(Vec::new());
        for answer in signed_http::send(&batch) {
            match answer {
                Ok(response) => {
                    let id = format!("answered-{}", response.status);
                    page.resources.push_str(&lines::resource(self.name(), &account.id, region, &id));
                }
                Err(error) => {
                    let mut problem = problem(class(error.class), &error.message);
                    problem.operation = operation.clone().unwrap_or_default();
                    problem.region = Some(region.to_owned());
                    page.problems.push(problem);
                    page.whole = false;
                }
            }
        }
        Ok(page)
    }
}

fn class(failure: SendFailure) -> ProblemClass {
    match failure {
        SendFailure::Refused => ProblemClass::Refused,
        SendFailure::NoCredentials => ProblemClass::NoCredentials,
        SendFailure::Unreachable => ProblemClass::Unreachable,
        SendFailure::TimedOut => ProblemClass::TimedOut,
        SendFailure::TooLarge => ProblemClass::TooLarge,
        SendFailure::NotText => ProblemClass::BadAnswer,
        SendFailure::Cancelled => ProblemClass::Cancelled,
    }
}

pub fn eat() -> ! {
    let mut eaten = Vec::new();
    loop {
        // Written to, so that it is memory and not a promise of some.
        eaten.push(vec![1u8; BITE_BYTES]);
        std::hint::black_box(&eaten);
    }
}

fn flood() {
    for number in 0..FLOOD_LINES {
        log::write(Level::Warn, &format!("\u{1b}[2J\u{7}line {number}\r\nfake: line"));
    }
}
