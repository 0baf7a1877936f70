//! The answer to a call that nothing stands in the way of.

use portolan_scripted_aws::{Estate, NO_REGION, Options, REGIONS, Unit, kinds};

use super::access::Caller;
use super::assume::session;
use super::error::{self, Trouble};
use super::operation::{Operation, Source};
use super::organization;
use super::render::{Filled, Identity, Scene};
use super::request::{Input, Scope};
use super::token::{place, token};

/// An answer, before the weather.
#[derive(Debug, Default)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) content_type: &'static str,
    /// `x-amzn-errortype`.
    pub(crate) error_type: Option<String>,
    pub(crate) retry_after: Option<u32>,
    /// The body is compressed.
    pub(crate) gzip: bool,
    pub(crate) body: Vec<u8>,
}

/// A call that passed all checks.
pub(crate) struct Call<'a> {
    pub(crate) operation: &'a Operation,
    pub(crate) input: &'a Input,
    pub(crate) scope: Scope<'a>,
    pub(crate) caller: Caller,
    pub(crate) number: u64,
    /// The next page is this one again.
    pub(crate) loops: bool,
}

/// A refusal as an answer.
pub(crate) fn refuse(operation: &Operation, trouble: Trouble, who: &str, number: u64) -> Answer {
    let (status, code, message) = error::said(trouble, operation, who);
    failed(operation, status, code, &message, number)
}

fn failed(operation: &Operation, status: u16, code: &str, message: &str, number: u64) -> Answer {
    let (body, error_type) = error::body(operation, status, code, message, number);
    let content_type = operation.protocol.content_type();
    Answer { status, content_type, error_type, body: body.into_bytes(), ..Answer::default() }
}

/// Answers.
pub(crate) fn answer(call: &Call<'_>, estate: &Estate, options: &Options) -> Answer {
    let region_number = estate.region_number(call.scope.region).unwrap_or(NO_REGION);
    let mut scene = Scene {
        estate,
        account: call.caller.account,
        region: call.scope.region,
        region_number,
        request: call.number,
        next: None,
        more: Vec::new(),
        absent: Vec::new(),
        asked: String::new(),
        count: 0,
        page: 0,
        identity: Identity::default(),
    };
    match call.operation.source {
        Source::Kind(kind) => {
            let regional = kinds().get(usize::from(kind)).is_some_and(|kind| kind.regional);
            let region = if regional { region_number } else { NO_REGION };
            let unit = Unit { account: call.caller.account, region, kind };
            match call.input.named(&call.operation.named) {
                Some(names) => by_name(call, &mut scene, unit, &names),
                None => {
                    let (first, count) = (estate.first(unit), estate.count(unit));
                    list(call, &mut scene, first, count, |number| Filled {
                        item: estate.item(unit, number),
                        account: call.caller.account,
                        region: call.scope.region,
                    })
                }
            }
        }
        Source::Regions => {
            let count = u32::try_from(estate.regions().len()).unwrap_or(0);
            list(call, &mut scene, 0, count, |number| Filled {
                item: estate.item(Unit { account: number, region: NO_REGION, kind: u16::MAX }, number),
                account: call.caller.account,
                region: usize::try_from(number).ok().and_then(|place| REGIONS.get(place)).copied().unwrap_or_default(),
            })
        }
        Source::Caller => {
            scene.identity =
                Identity { arn: call.caller.arn(), user: "AIDASCRIPTEDAWSSOURCE".to_owned(), ..Identity::default() };
            whole(call, &scene)
        }
        Source::Session => match session(call, estate, options) {
            Ok((account, identity)) => {
                scene.account = account;
                scene.identity = identity;
                whole(call, &scene)
            }
            Err(trouble) => refuse(call.operation, trouble, &call.caller.arn(), call.number),
        },
        Source::Management => list(call, &mut scene, 0, 1, |number| Filled {
            item: estate.item(Unit { account: 0, region: NO_REGION, kind: u16::MAX }, number),
            account: 0,
            region: call.scope.region,
        }),
        source => match organization::range(source, estate, call.input) {
            Some(range) => list(call, &mut scene, range.first, range.count, |number| Filled {
                item: organization::item(&range, number),
                account: number,
                region: call.scope.region,
            }),
            None => missing(call, &mut scene, "what was named"),
        },
    }
}

/// A page of a list.
fn list<'a>(
    call: &Call<'_>,
    scene: &mut Scene<'_>,
    first: u32,
    count: u32,
    filled: impl Fn(u32) -> Filled<'a>,
) -> Answer {
    let operation = call.operation;
    let end = first.saturating_add(count);
    let mut from = first;
    if let Some(token) =
        operation.token.as_deref().and_then(|name| call.input.get(name)).filter(|token| !token.is_empty())
    {
        match place(call, token) {
            Some(place) if place >= first => from = place.min(end),
            // What stood there is gone by now.
            Some(_) => {}
            None => return refuse(operation, Trouble::BadToken, "", call.number),
        }
    }
    let size = operation.page.as_ref().map_or(usize::MAX, |page| {
        let asked = call.input.get(&page.member).and_then(|text| text.parse().ok());
        asked.unwrap_or(page.usual).clamp(1, page.most)
    });
    let until = end.min(from.saturating_add(u32::try_from(size).unwrap_or(u32::MAX)));
    scene.page = size;
    scene.count = usize::try_from(until - from).unwrap_or(0);
    scene.next =
        if call.loops { Some(token(call, from, &filled)) } else { (until < end).then(|| token(call, until, &filled)) };
    if scene.next.is_some() {
        let mut more = Vec::new();
        scene.write(&mut more, &operation.more);
        scene.more = more;
    }
    write(call, scene, (from..until).map(filled))
}

/// The resources that were asked for by name.
fn by_name(call: &Call<'_>, scene: &mut Scene<'_>, unit: Unit, names: &[&str]) -> Answer {
    let operation = call.operation;
    let estate = scene.estate;
    let mut found = Vec::new();
    for name in names {
        let key = name.get(name.len().saturating_sub(12)..).and_then(|digits| u64::from_str_radix(digits, 16).ok());
        if let Some(item) = key.and_then(|key| estate.by_key(unit, key)) {
            found.push(Filled { item, account: call.caller.account, region: call.scope.region });
        } else if operation.missing.is_some() {
            return missing(call, scene, name);
        } else if let Some(absent) = &operation.absent {
            scene.asked = plain(name);
            let mut more = std::mem::take(&mut scene.absent);
            if !more.is_empty() {
                more.push(b',');
            }
            scene.write(&mut more, absent);
            scene.absent = more;
        }
    }
    scene.count = found.len();
    write(call, scene, found.into_iter())
}

fn missing(call: &Call<'_>, scene: &mut Scene<'_>, name: &str) -> Answer {
    let Some(missing) = &call.operation.missing else {
        return refuse(call.operation, Trouble::UnknownOperation, "", call.number);
    };
    scene.asked = plain(name);
    let mut message = Vec::new();
    scene.write(&mut message, &missing.message);
    failed(call.operation, missing.status, &missing.code, &String::from_utf8_lossy(&message), call.number)
}

/// A name without anything that would have to be escaped.
pub(crate) fn plain(name: &str) -> String {
    name.chars()
        .map(|letter| if letter.is_ascii_alphanumeric() || "-_./:".contains(letter) { letter } else { '_' })
        .collect()
}

fn whole(call: &Call<'_>, scene: &Scene<'_>) -> Answer {
    write(call, scene, std::iter::empty())
}

fn write<'a>(call: &Call<'_>, scene: &Scene<'_>, items: impl Iterator<Item = Filled<'a>>) -> Answer {
    let operation = call.operation;
    let mut body = Vec::with_capacity(256 + scene.count * 512);
    scene.write(&mut body, &operation.head);
    for (place, filled) in items.enumerate() {
        if place > 0 && operation.protocol.is_json() {
            body.push(b',');
        }
        scene.write_item(&mut body, &operation.item, &filled);
    }
    scene.write(&mut body, &operation.tail);
    Answer { status: 200, content_type: operation.protocol.content_type(), body, ..Answer::default() }
}
