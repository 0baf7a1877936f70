//! One call, from the request to the answer, the weather included.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use anyhow::Result;
use bytes::Bytes;
use http_body_util::{BodyExt as _, Limited};
use hyper::body::Incoming;
use hyper::http::request::Parts;
use hyper::{Request, Response};
use portolan_scripted_aws::{Estate, Options, Weather};

use super::control;
use super::count::Counts;
use super::dress::{Reply, compressed, delay, dress, spoken};
use super::wire::{Line, Traffic};
use crate::aws::access::{self, Caller};
use crate::aws::error::Trouble;
use crate::aws::operation::Operations;
use crate::aws::request::{self, Scope};
use crate::aws::respond::{self, Answer, Call};
use crate::weather::body::Cut;
use crate::weather::buckets::Buckets;
use crate::weather::dice::{Dice, Seen};

/// No request of AWS's reads is larger.
const REQUEST_MAX: usize = 1 << 20;
/// What does not change from call to call.
#[derive(Debug)]
pub(crate) struct World {
    pub(crate) options: Options,
    pub(crate) estate: Estate,
}

/// What changes.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) world: Arc<World>,
    pub(crate) dice: Dice,
    pub(crate) buckets: Buckets,
    pub(crate) counts: Counts,
    pub(crate) number: u64,
}

/// The scripted AWS.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) operations: Operations,
    pub(crate) state: Mutex<State>,
    pub(crate) traffic: Arc<Traffic>,
    /// Asks the listener to close for a while.
    pub(crate) close: tokio::sync::mpsc::UnboundedSender<Duration>,
}

impl Server {
    pub(crate) fn new(options: Options, close: tokio::sync::mpsc::UnboundedSender<Duration>) -> Result<Self> {
        let operations = Operations::load()?;
        let state = State {
            dice: Dice::new(&options.faults),
            buckets: Buckets::load(&operations.all)?,
            counts: Counts::new(0, 0),
            world: Arc::new(World { estate: Estate::new(&options), options }),
            number: 0,
        };
        Ok(Self { operations, state: Mutex::new(state), traffic: Arc::default(), close })
    }

    pub(crate) fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Answers one request.
    pub(crate) async fn serve(self: Arc<Self>, line: Line, request: Request<Incoming>) -> Result<Response<Reply>, Cut> {
        let (head, body) = request.into_parts();
        let body = Limited::new(body, REQUEST_MAX).collect().await.map_err(|_| Cut)?.to_bytes();
        if let Some(path) = head.uri.path().strip_prefix("/__control/") {
            return Ok(control::answer(&self, path, &head, &body));
        }
        self.state().counts.begin();
        let answered = self.call(&line, &head, &body).await;
        self.state().counts.open_calls -= 1;
        answered
    }

    async fn call(&self, line: &Line, head: &Parts, body: &Bytes) -> Result<Response<Reply>, Cut> {
        let (world, number) = {
            let mut state = self.state();
            state.number += 1;
            (Arc::clone(&state.world), state.number)
        };
        let header = head.headers.get("authorization").and_then(|value| value.to_str().ok());
        let scope = header.and_then(Scope::of);
        let found = scope
            .and_then(|scope| request::find(&self.operations, scope.service, head, body).map(|found| (scope, found)));
        let Some((scope, (operation, input))) = found else {
            return Ok(self.lost(head, scope.as_ref(), number));
        };
        let place = self.operations.all.iter().position(|known| std::ptr::eq(known, operation)).unwrap_or(usize::MAX);
        if world.options.vanished.iter().any(|gone| gone == scope.region) {
            self.state().counts.answered(place, 0);
            line.reset();
            return Err(Cut);
        }
        let caller = Caller::of(&scope);
        let account = Estate::account_id(caller.account).to_string();
        let seen = Seen {
            account: &account,
            region: scope.region,
            service: scope.service,
            operation: &operation.name,
            body,
            path: head.uri.path_and_query().map_or("/", |path| path.as_str()),
        };
        let weather = self.state().dice.throw(&seen);
        if let Some((weather, _)) = weather {
            self.state().counts.hit(weather);
        }
        let weather = weather.map(|(weather, value)| (weather, value.unwrap_or(0)));
        if matches!(weather, Some((Weather::Reset | Weather::HalfOpen, _))) {
            self.state().counts.answered(place, 0);
        }
        match weather {
            Some((Weather::Reset, _)) => {
                line.reset();
                return Err(Cut);
            }
            Some((Weather::HalfOpen, _)) => {
                line.silence();
                std::future::pending::<()>().await;
            }
            _ => {}
        }
        let refuse = |trouble| respond::refuse(operation, trouble, &caller.arn(), number);
        let passed = || access::check(operation, &scope, head, &caller, &world.estate, &world.options);
        let loops = matches!(weather, Some((Weather::Loop, _)));
        let call = Call { operation, input: &input, scope, caller, number, loops };
        let answer = match weather.and_then(|(weather, value)| spoken(weather, value, operation, &refuse)) {
            Some(answer) => answer,
            None => match passed() {
                Err(trouble) => {
                    if !matches!(trouble, Trouble::Expired | Trouble::DeniedByPolicy | Trouble::Skewed) {
                        let text = format!("{trouble:?}: {}:{} in {}", operation.service, operation.name, scope.region);
                        self.state().counts.note(text);
                    }
                    refuse(trouble)
                }
                Ok(()) if world.options.buckets && !self.take(&world, &call, place) => refuse(Trouble::Throttled),
                Ok(()) => respond::answer(&call, &world.estate, &world.options),
            },
        };
        let answer = compressed(answer, head, &world.options);
        delay(&world.options, number).await;
        self.state().counts.answered(place, answer.status);
        Ok(dress(answer, weather, line, &world.options, number))
    }

    fn take(&self, world: &World, call: &Call<'_>, place: usize) -> bool {
        let region = world.estate.region_number(call.scope.region).unwrap_or(u16::MAX);
        let mut state = self.state();
        let granted = state.buckets.take(call.caller.account, region, place);
        if !granted {
            state.counts.throttled_by_bucket();
        }
        granted
    }

    /// A request that names no operation that is known here.
    fn lost(&self, head: &Parts, scope: Option<&Scope<'_>>, number: u64) -> Response<Reply> {
        let target = head.headers.get("x-amz-target").and_then(|value| value.to_str().ok()).unwrap_or_default();
        let service = scope.map_or("unsigned", |scope| scope.service);
        let mut state = self.state();
        state.counts.note(format!("unknown: {service} {} {} {target}", head.method, head.uri));
        // In the words of the service, where it has any operation here.
        let known =
            self.operations.by_service.get(service).and_then(|places| self.operations.all.get(*places.first()?));
        let trouble = if scope.is_none() { Trouble::Unsigned } else { Trouble::UnknownOperation };
        let answer = match known.or_else(|| self.operations.all.first()) {
            Some(operation) => respond::refuse(operation, trouble, "", number),
            None => Answer { status: 404, ..Answer::default() },
        };
        state.counts.answered(usize::MAX, answer.status);
        let options = state.world.options.clone();
        drop(state);
        dress(answer, None, &Line::default(), &options, number)
    }
}
