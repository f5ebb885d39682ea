//! Workers against a source that counts a fixed window, in simulated time: what the laws of the pace come to together.

use super::{Pace, Share};
use reqwest::header::HeaderMap;
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// A source that allows so many requests in each minute, counted from the first request of the minute.
struct Source {
    allowed: u64,
    count: u64,
    begun: Option<Instant>,
    refused: u64,
}

impl Source {
    fn answer(&mut self, now: Instant) -> HeaderMap {
        let minute = Duration::from_mins(1);
        let begun = self
            .begun
            .filter(|begun| now.duration_since(*begun) < minute);
        let begun = begun.unwrap_or_else(|| {
            self.count = 0;
            now
        });
        self.begun = Some(begun);
        self.count += 1;
        self.refused += u64::from(self.count > self.allowed);
        let mut headers = HeaderMap::new();
        let reset = minute.saturating_sub(now.duration_since(begun)).as_secs() + 1;
        for (name, value) in [
            ("inin-ratelimit-count", self.count),
            ("inin-ratelimit-allowed", self.allowed),
            ("inin-ratelimit-reset", reset),
        ] {
            headers.insert(name, value.into());
        }
        headers
    }
}

/// What a simulated run came to.
#[derive(Debug)]
struct Outcome {
    refused: u64,
    seconds: f64,
}

/// One thing that happens, by its time; ties by order of planning.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A worker asks for a turn.
    Ask(usize),
    /// A request reaches the source.
    Arrive(usize),
    /// The answer to the request that arrived as this number reaches its worker.
    Return(usize, usize),
}

/// Requests of each worker; each asks with `in_flight` at once, and is a new process after every `life` requests.
fn run(requests: &[u64], allowed: u64, latency: Duration, life: u64) -> Outcome {
    let workers = u32::try_from(requests.len()).unwrap();
    let budget = u32::try_from(allowed).unwrap();
    let share = Share {
        requests_per_minute: budget / workers,
        max_in_flight: (15 / workers).max(1),
    };
    let begin = Instant::now();
    let mut source = Source {
        allowed,
        count: 0,
        begun: None,
        refused: 0,
    };
    let mut paces: Vec<_> = requests
        .iter()
        .map(|_| Pace::new(share, budget, begin))
        .collect();
    let mut left = requests.to_vec();
    let mut done_of = vec![0_u64; requests.len()];
    let mut answers = Vec::new();
    let mut events = BinaryHeap::new();
    let mut planned = 0_u64;
    let mut end = begin;
    let mut plan = |events: &mut BinaryHeap<_>, at: Instant, event: Event| {
        planned += 1;
        events.push(Reverse((at, planned, event)));
    };
    for worker in 0..requests.len() {
        for _ in 0..share.max_in_flight {
            plan(&mut events, begin, Event::Ask(worker));
        }
    }
    while let Some(Reverse((now, _, event))) = events.pop() {
        match event {
            Event::Ask(worker) if left[worker] == 0 => {}
            Event::Ask(worker) => {
                if let Err(wait) = paces[worker].turn(now) {
                    plan(&mut events, now + wait, Event::Ask(worker));
                    continue;
                }
                left[worker] -= 1;
                paces[worker].in_flight.try_acquire().unwrap().forget();
                plan(&mut events, now + latency / 2, Event::Arrive(worker));
            }
            Event::Arrive(worker) => {
                answers.push(source.answer(now));
                let number = answers.len() - 1;
                plan(
                    &mut events,
                    now + latency / 2,
                    Event::Return(worker, number),
                );
            }
            Event::Return(worker, number) => {
                end = now;
                paces[worker].learn(&answers[number], now);
                paces[worker].in_flight.add_permits(1);
                done_of[worker] += 1;
                if done_of[worker].is_multiple_of(life) {
                    // The container is gone; what is under way with the old one is let go.
                    let used =
                        share.max_in_flight as usize - paces[worker].in_flight.available_permits();
                    paces[worker] = Pace::new(share, budget, now);
                    if used > 0 {
                        let used = u32::try_from(used).unwrap();
                        paces[worker]
                            .in_flight
                            .try_acquire_many(used)
                            .unwrap()
                            .forget();
                    }
                }
                plan(&mut events, now, Event::Ask(worker));
            }
        }
    }
    Outcome {
        refused: source.refused,
        seconds: (end - begin).as_secs_f64(),
    }
}

#[test]
fn a_storm_is_refused_nothing_and_takes_little_more_than_the_limit_dictates() {
    let even = [vec![375; 4], vec![150; 10], vec![1500]];
    let mut cases: Vec<_> = [20, 200, 1000]
        .iter()
        .flat_map(|latency| {
            even.iter()
                .map(move |requests| (*latency, requests.clone()))
        })
        .collect();
    // A worker that has most of the work takes over what the others leave. (With answers of a second, three requests in
    // flight are what limits it, not the quota.)
    cases.extend([20, 200].map(|latency| (latency, vec![900, 300, 200, 100])));
    for (latency, requests) in cases {
        let total: u64 = requests.iter().sum();
        let outcome = run(&requests, 300, Duration::from_millis(latency), u64::MAX);
        let dictated = 60.0 * f64::from(u32::try_from(total).unwrap()) / 300.0;
        let told = format!("{requests:?} at {latency} ms: {outcome:?}, dictated {dictated} s");
        assert_eq!(outcome.refused, 0, "{told}");
        assert!(outcome.seconds <= 1.1 * dictated, "{told}");
    }
}

#[test]
fn processes_that_die_and_come_again_are_hardly_ever_refused() {
    let outcome = run(&[375; 4], 300, Duration::from_millis(100), 10);
    // A new process cannot know that the quota is used up until it has asked once.
    assert!(outcome.refused <= 15, "{outcome:?}");
    assert!(outcome.seconds <= 330.0, "{outcome:?}");
}

#[test]
fn a_run_smaller_than_half_the_quota_is_not_slowed_down() {
    let outcome = run(&[35; 4], 300, Duration::from_millis(50), u64::MAX);
    assert_eq!(outcome.refused, 0);
    assert!(outcome.seconds < 5.0, "{outcome:?}");
}
