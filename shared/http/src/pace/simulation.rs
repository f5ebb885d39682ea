//! Workers against a source that counts, in simulated time: what the law of the pace comes to when many keep it.

mod source;
mod storms;

use super::tests;
use super::{Pace, Share};
use reqwest::header::HeaderMap;
use source::{Counting, Rounding, Source};
use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::time::{Duration, Instant};

/// The quota of every storm here.
const ALLOWED: u32 = 300;

/// A run of workers.
#[derive(Debug, Clone)]
struct Storm {
    workers: u32,
    /// What there is to ask: one pile for all, or one for each.
    requests: Vec<u64>,
    /// Of an answer, there and back: on an average, each way between half and one and a half times.
    latency_ms: u64,
    /// A worker's process ends after about so many requests, and a new one takes its place.
    life: Option<u64>,
    /// After an answer a worker does something else for up to so long.
    thinks_ms: u64,
    counting: Counting,
    rounding: Rounding,
    seed: u64,
}

impl Default for Storm {
    fn default() -> Self {
        Self {
            workers: 4,
            requests: vec![800],
            latency_ms: 20,
            life: None,
            thinks_ms: 0,
            counting: Counting::Fixed,
            rounding: Rounding::Up,
            seed: 1,
        }
    }
}

/// What a storm came to.
#[derive(Debug)]
struct Outcome {
    refused: u64,
    seconds: f64,
}

/// One thing that happens.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    /// A stream of a worker asks for a turn, unless it was told to since.
    Ask { stream: usize, order: u64 },
    /// A request of it reaches the source.
    Arrive { stream: usize, turn: u64 },
    /// The answer of that number reaches it.
    Return {
        stream: usize,
        turn: u64,
        answer: usize,
    },
}

/// One of the requests a worker may have in flight at once.
#[derive(Debug, Clone, Copy, Default)]
struct Stream {
    /// The last of its orders to ask; those before it are void.
    order: u64,
    is_waiting: bool,
}

struct Worker {
    pace: Pace,
    under_way: u64,
    /// Turns until the process ends.
    life: u64,
}

struct Run {
    storm: Storm,
    share: Share,
    now: Instant,
    events: BinaryHeap<Reverse<(Instant, u64, Event)>>,
    planned: u64,
    chance: u64,
    workers: Vec<Worker>,
    streams: Vec<Stream>,
}

impl Storm {
    fn run(&self) -> Outcome {
        let begin = Instant::now();
        let share = Share {
            requests_per_minute: ALLOWED / self.workers,
            max_in_flight: (15 / self.workers).max(1),
        };
        let streams = (self.workers * share.max_in_flight) as usize;
        let mut run = Run {
            storm: self.clone(),
            share,
            now: begin,
            events: BinaryHeap::new(),
            planned: 0,
            chance: self.seed,
            workers: Vec::new(),
            streams: vec![Stream::default(); streams],
        };
        for worker in 0..self.workers as usize {
            let process = run.process();
            run.workers.push(process);
            run.start(worker, Duration::ZERO);
        }
        let source = Source::new(self.counting, self.rounding, ALLOWED.into(), begin);
        run.until_all_is_asked(source, begin)
    }

    /// What the same workers take for so many requests where nobody counts.
    fn free(&self, requests: Vec<u64>) -> f64 {
        let storm = Self {
            requests,
            counting: Counting::Nothing,
            ..self.clone()
        };
        storm.run().seconds
    }

    /// The earliest end that the limit allows: the full minutes before the last, and what these workers take for the rest
    /// where nobody counts; or, if that is later, what they take for everything.
    fn dictated(&self) -> f64 {
        let allowed = u64::from(ALLOWED);
        let all: u64 = self.requests.iter().sum();
        let minutes = (all - 1) / allowed;
        let limited = match self.counting {
            Counting::Nothing => 0.0,
            Counting::Bucket | Counting::FullBucket => {
                seconds(all.saturating_sub(allowed) * 60) / seconds(allowed)
            }
            Counting::Clock => {
                seconds(minutes * 60) - 23.0 + self.free(vec![all - minutes * allowed])
            }
            _ => seconds(minutes * 60) + self.free(vec![all - minutes * allowed]),
        };
        limited.max(self.free(self.requests.clone()))
    }

    /// Nothing is refused, and it takes little more than the limit dictates.
    fn holds(&self) {
        let (outcome, dictated) = (self.run(), self.dictated());
        let told = format!("{self:?}: {outcome:?}, dictated {dictated:.1} s");
        assert_eq!(outcome.refused, 0, "{told}");
        assert!(outcome.seconds <= 1.1 * dictated, "{told}");
    }
}

fn seconds(number: u64) -> f64 {
    f64::from(u32::try_from(number).unwrap())
}

impl Run {
    fn plan(&mut self, after: Duration, event: Event) {
        self.planned += 1;
        self.events
            .push(Reverse((self.now + after, self.planned, event)));
    }

    /// A number below `end`, by a linear congruence: the same in every run of the tests.
    fn chance(&mut self, end: u64) -> u64 {
        self.chance = self
            .chance
            .wrapping_mul(6_364_136_223_846_793_005)
            .wrapping_add(1_442_695_040_888_963_407);
        (self.chance >> 33) % end.max(1)
    }

    fn one_way(&mut self) -> Duration {
        let micros = self.storm.latency_ms * 500;
        Duration::from_micros(micros / 2 + self.chance(micros + 1))
    }

    fn process(&mut self) -> Worker {
        let life = self.storm.life;
        let budget = if self.storm.counting == Counting::Nothing {
            0
        } else {
            ALLOWED
        };
        Worker {
            pace: Pace::new(self.share, budget, self.now),
            under_way: 0,
            life: life.map_or(u64::MAX, |life| life / 2 + 1 + self.chance(life)),
        }
    }

    fn streams_of(&self, worker: usize) -> std::ops::Range<usize> {
        let each = self.share.max_in_flight as usize;
        worker * each..(worker + 1) * each
    }

    /// All streams of a worker begin.
    fn start(&mut self, worker: usize, after: Duration) {
        for stream in self.streams_of(worker) {
            self.ask(stream, after);
        }
    }

    fn ask(&mut self, stream: usize, after: Duration) {
        self.streams[stream].order += 1;
        let order = self.streams[stream].order;
        self.plan(after, Event::Ask { stream, order });
    }

    fn until_all_is_asked(mut self, mut source: Source, begin: Instant) -> Outcome {
        let mut piles = self.storm.requests.clone();
        let mut answers: Vec<(bool, HeaderMap)> = Vec::new();
        let mut end = begin;
        while let Some(Reverse((now, _, event))) = self.events.pop() {
            self.now = now;
            assert!(self.planned < 1_000_000, "{:?} does not end", self.storm);
            match event {
                Event::Ask { stream, order } => {
                    let no = stream / self.share.max_in_flight as usize;
                    let pile = no % piles.len();
                    if order != self.streams[stream].order || piles[pile] == 0 {
                        continue;
                    }
                    if self.workers[no].life == 0 {
                        continue;
                    }
                    match self.workers[no].pace.take(now) {
                        Err(wait) => {
                            self.streams[stream].is_waiting = true;
                            self.ask(stream, wait);
                        }
                        Ok(turn) => {
                            self.streams[stream].is_waiting = false;
                            self.workers[no].life -= 1;
                            self.workers[no].under_way += 1;
                            piles[pile] -= 1;
                            let way = self.one_way();
                            self.plan(way, Event::Arrive { stream, turn });
                        }
                    }
                }
                Event::Arrive { stream, turn } => {
                    answers.push(source.answer(now));
                    let answer = answers.len() - 1;
                    let way = self.one_way();
                    self.plan(
                        way,
                        Event::Return {
                            stream,
                            turn,
                            answer,
                        },
                    );
                }
                Event::Return {
                    stream,
                    turn,
                    answer,
                } => {
                    end = now;
                    let no = stream / self.share.max_in_flight as usize;
                    let (is_taken, headers) = &answers[answer];
                    self.workers[no].pace.learn(turn, headers, now);
                    self.workers[no].under_way -= 1;
                    if !is_taken {
                        let pile = no % piles.len();
                        piles[pile] += 1;
                        self.workers[no].pace.hold(Duration::from_secs(1), now);
                    }
                    if self.workers[no].life > 0 {
                        // The answer wakes those who wait.
                        for other in self.streams_of(no) {
                            if self.streams[other].is_waiting {
                                self.ask(other, Duration::ZERO);
                            }
                        }
                        let pause = self.chance(self.storm.thinks_ms * 1000 + 1);
                        self.ask(stream, Duration::from_micros(pause));
                    } else if self.workers[no].under_way == 0 {
                        self.workers[no] = self.process();
                        let start_ms = 50 + self.chance(100);
                        self.start(no, Duration::from_millis(start_ms));
                    }
                }
            }
        }
        assert_eq!(piles.iter().sum::<u64>(), 0, "{:?}", self.storm);
        Outcome {
            refused: source.refused,
            seconds: (end - begin).as_secs_f64(),
        }
    }
}
