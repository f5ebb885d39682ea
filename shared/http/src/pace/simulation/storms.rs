//! The storms that must pass: nothing refused, and no later than the limit dictates.

use super::{Counting, Rounding, Storm};

/// Each of `workers`, with answers that take 20, 200 and 1,000 ms, of processes that stay and of such that end after about
/// seven requests.
fn storms(workers: &[u32]) -> Vec<Storm> {
    let mut storms = Vec::new();
    for &workers in workers {
        for latency_ms in [20, 200, 1000] {
            for life in [None, Some(7)] {
                storms.push(Storm {
                    workers,
                    latency_ms,
                    life,
                    ..Storm::default()
                });
            }
        }
    }
    storms
}

/// `SEEDS` (1) may be set for more of them.
#[test]
fn a_storm_is_refused_nothing_and_ends_when_the_limit_allows() {
    let seeds = std::env::var("SEEDS").map_or(1, |seeds| seeds.parse().unwrap());
    for storm in storms(&[1, 2, 4, 10, 20]) {
        for (rounding, requests) in [(Rounding::Up, 800), (Rounding::Down, 1300)] {
            for seed in 1..=seeds {
                Storm {
                    rounding,
                    requests: vec![requests],
                    seed,
                    ..storm.clone()
                }
                .holds();
            }
        }
    }
}

#[test]
fn the_minute_may_have_begun_before_and_be_told_in_another_way() {
    for storm in storms(&[4, 10]) {
        Storm {
            counting: Counting::Clock,
            ..storm.clone()
        }
        .holds();
        Storm {
            rounding: Rounding::OneMore,
            seed: 2,
            ..storm
        }
        .holds();
    }
}

#[test]
fn full_minutes_keep_the_even_rate() {
    // Five of them, of which each leaves its reserve to a sixth.
    for storm in storms(&[1, 4, 20]) {
        let storm = Storm {
            requests: vec![1500],
            ..storm
        };
        let even = 300.0_f64.max(storm.free(storm.requests.clone()));
        let outcome = storm.run();
        let told = format!("{storm:?}: {outcome:?}, {even} s at an even rate");
        assert_eq!(outcome.refused, 0, "{told}");
        assert!(outcome.seconds <= 1.1 * even, "{told}");
    }
}

#[test]
fn a_worker_that_has_most_of_the_work_takes_what_its_neighbours_leave() {
    for latency_ms in [20, 200] {
        let storm = Storm {
            requests: vec![500, 150, 100, 50],
            latency_ms,
            ..Storm::default()
        };
        let outcome = storm.run();
        assert_eq!(outcome.refused, 0, "{outcome:?}");
        // Its own share would be 75 a minute: more than six minutes.
        assert!(outcome.seconds < 155.0, "{latency_ms} ms: {outcome:?}");
    }
}

#[test]
fn workers_that_pause_between_requests_are_refused_nothing() {
    for thinks_ms in [50, 500, 3000] {
        for life in [None, Some(7)] {
            let storm = Storm {
                life,
                thinks_ms,
                ..Storm::default()
            };
            storm.holds();
        }
    }
}

#[test]
fn a_window_that_slides_and_a_bucket_are_obeyed_as_well() {
    for counting in [Counting::Sliding, Counting::Bucket] {
        for storm in storms(&[1, 2, 4]) {
            Storm { counting, ..storm }.holds();
        }
    }
}

#[test]
fn many_workers_of_such_a_source_are_hardly_ever_refused() {
    // What it gives back comes in drops, and each of twenty asks for it.
    for counting in [Counting::Sliding, Counting::Bucket] {
        for storm in storms(&[20]) {
            let storm = Storm { counting, ..storm };
            let outcome = storm.run();
            let told = format!("{storm:?}: {outcome:?}");
            assert!(outcome.refused <= 8, "{told}");
            assert!(outcome.seconds <= 1.2 * storm.dictated(), "{told}");
        }
    }
}

#[test]
fn a_bucket_that_tells_when_it_is_full_is_waited_for() {
    for storm in storms(&[1, 4]) {
        let storm = Storm {
            counting: Counting::FullBucket,
            ..storm
        };
        let outcome = storm.run();
        assert_eq!(outcome.refused, 0, "{storm:?}: {outcome:?}");
        // A minute after each 300, and one more than the limit dictates.
        let free = storm.free(storm.requests.clone());
        let longest = 190.0_f64.max(60.0 + free);
        assert!(outcome.seconds <= longest, "{storm:?}: {outcome:?}");
    }
}

#[test]
fn a_run_smaller_than_the_quota_is_not_slowed_down() {
    let storm = Storm {
        requests: vec![280],
        latency_ms: 50,
        ..Storm::default()
    };
    let outcome = storm.run();
    assert_eq!(outcome.refused, 0);
    // 280 requests, twelve at a time.
    assert!(outcome.seconds < 2.0, "{outcome:?}");
}
