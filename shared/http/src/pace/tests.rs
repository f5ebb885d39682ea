//! The law of one worker, turn by turn.

use super::*;

/// One of four workers with a budget of 300: the reserve is 7, and up to 16 left they go one by one.
const SHARE: Share = Share {
    requests_per_minute: 75,
    max_in_flight: 3,
};

fn pace(budget: u32, now: Instant) -> Pace {
    Pace::new(SHARE, budget, now)
}

pub(super) fn counted(count: u64, allowed: u64, reset: u64) -> HeaderMap {
    let mut headers = HeaderMap::new();
    for (name, value) in [
        ("inin-ratelimit-count", count),
        ("inin-ratelimit-allowed", allowed),
        ("inin-ratelimit-reset", reset),
    ] {
        headers.insert(name, value.into());
    }
    headers
}

/// How many turns are given at once, none of them answered.
fn turns(pace: &Pace, now: Instant) -> usize {
    (0..1000).take_while(|_| pace.take(now).is_ok()).count()
}

/// A turn that is answered.
fn told(pace: &Pace, headers: &HeaderMap, now: Instant) {
    let no = pace.take(now).unwrap();
    pace.learn(no, headers, now);
}

#[test]
fn a_burst_is_bounded_by_the_share_in_flight() {
    let now = Instant::now();
    let pace = pace(300, now);
    let first = pace.take(now).unwrap();
    // Before it is answered, nobody knows whether the source counts.
    assert_eq!(pace.take(now + Duration::from_mins(1)), Err(UNTIL_TOLD));
    pace.learn(first, &HeaderMap::new(), now);
    let wait = pace.take(now).unwrap_err();
    assert!(wait > Duration::from_millis(799) && wait < Duration::from_millis(801));
    assert_eq!(turns(&pace, now + Duration::from_mins(1)), 3);
}

#[test]
fn nobody_waits_while_the_source_has_plenty_left() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(10, 300, 60), now);
    // Its own requests without an answer are taken off: 290 - 16.
    assert_eq!(turns(&pace, now), 274);
}

#[test]
fn near_the_end_a_worker_goes_step_by_step_and_stops_at_the_reserve() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(284, 300, 40), now);
    for count in 285..=293 {
        let no = pace.take(now).unwrap();
        assert_eq!(pace.take(now), Err(UNTIL_TOLD), "{count}");
        pace.learn(no, &counted(count, 300, 40), now);
    }
    assert_eq!(pace.take(now), Err(Duration::from_secs(41)));
}

#[test]
fn after_the_end_one_request_asks_how_it_stands() {
    let now = Instant::now();
    let pace = pace(0, now);
    told(&pace, &counted(180, 180, 61), now);
    assert!(pace.take(now).unwrap_err() > Duration::from_mins(1));
    let later = now + Duration::from_secs(62);
    let no = pace.take(later).unwrap();
    assert_eq!(pace.take(later), Err(UNTIL_TOLD));
    pace.learn(no, &counted(1, 180, 60), later);
    assert!(turns(&pace, later) > 100);
}

#[test]
fn an_old_count_lets_one_request_go_until_a_new_one_is_told() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(10, 300, 60), now);
    let later = now + Duration::from_secs(5);
    let no = pace.take(later).unwrap();
    assert_eq!(pace.take(later), Err(UNTIL_TOLD));
    // It fails without an answer: the next one may ask, and the lost one counts.
    pace.learn_nothing(no);
    let no = pace.take(later).unwrap();
    pace.learn(no, &counted(250, 300, 55), later);
    assert_eq!(turns(&pace, later), 34);
}

#[test]
fn the_end_of_a_window_is_the_earliest_that_was_told() {
    let now = Instant::now();
    let pace = pace(300, now);
    let at = |ms| now + Duration::from_millis(ms);
    // 60 s from now, told in seconds that are rounded up.
    told(&pace, &counted(1, 300, 60), now);
    told(&pace, &counted(100, 300, 60), at(900));
    told(&pace, &counted(293, 300, 59), at(1900));
    assert_eq!(
        pace.take(at(1900)).unwrap_err(),
        Duration::from_millis(59_100)
    );
}

#[test]
fn an_answer_that_was_overtaken_tells_nothing_new() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(200, 300, 1), now);
    let (old, new) = (pace.take(now).unwrap(), pace.take(now).unwrap());
    pace.learn(new, &counted(1, 300, 60), now);
    pace.learn(old, &counted(201, 300, 1), now);
    assert_eq!(turns(&pace, now), 283);
}

#[test]
fn a_source_that_gives_back_in_drops_is_asked_at_half_of_the_even_rate() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(293, 300, 0), now);
    let later = now + Duration::from_secs(1);
    told(&pace, &counted(294, 300, 0), later);
    // Eight requests in 1.6 s would be the even rate: four workers ask.
    let wait = pace.take(later).unwrap_err();
    assert_eq!(wait, Duration::from_millis(1600));
}

#[test]
fn a_reset_beyond_all_time_is_no_panic() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(300, 300, u64::MAX), now);
    assert!(pace.take(now).unwrap_err() > Duration::from_hours(24));
}

#[test]
fn a_budget_below_the_sources_limit_is_kept() {
    let now = Instant::now();
    let pace = pace(100, now);
    told(&pace, &counted(100, 300, 30), now);
    assert_eq!(pace.take(now), Err(Duration::from_secs(31)));
}

#[test]
fn without_the_headers_the_share_decides_again_once_the_window_is_past() {
    let now = Instant::now();
    let pace = pace(300, now);
    told(&pace, &counted(293, 300, 10), now);
    let nothing = HeaderMap::new();
    let mut later = now + Duration::from_secs(11);
    for _ in 0..3 {
        told(&pace, &nothing, later);
    }
    later += pace.take(later).unwrap_err();
    told(&pace, &nothing, later);
    assert!(pace.take(later).unwrap_err() > Duration::from_millis(700));
}

#[test]
fn another_share_brings_no_new_burst() {
    let other = Share {
        requests_per_minute: 150,
        max_in_flight: 5,
    };
    let now = Instant::now();
    let first = pace(300, now);
    told(&first, &HeaderMap::new(), now);
    assert_eq!(turns(&first.with_share(other, now), now), 0);
    let first = pace(300, now);
    told(&first, &counted(299, 300, 60), now);
    assert_eq!(turns(&first.with_share(other, now), now), 0);
}
