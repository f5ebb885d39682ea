//! Rules of links, telephone numbers, wider matching, aggregates in the business zone, and partners.

use super::super::{Link, LinkWay, Partner, Settings, Wrong, customer::listed};
use super::{MOST_OF_TEXT, text};
use crate::phone;
use jiff::tz::TimeZone;
use jiff::{Timestamp, civil};
use std::collections::BTreeSet;

/// Wider windows; more than the merge's one text of them has room for is nobody's calendar.
const MOST_WIDER: usize = 50;
/// Four weeks.
const MOST_MINUTES: u32 = 40_320;
/// Bytes of the columns with a history, and their fields; `tmp_batch` holds 16,384.
const MOST_OF_HISTORY: usize = 16_000;
/// With what stands around it a partner's name is that of a role and of a view, which have 63 bytes at most where the twin makes them.
const MOST_OF_NAME: usize = 40;
/// Characters of a queue's id; it stands in the text of the partner's view.
const MOST_OF_QUEUE_ID: usize = 64;
/// The kinds of ids, by the settings that say what they begin with.
const KINDS: [&str; 3] = [
    "link.account_prefixes",
    "link.contact_prefixes",
    "link.case_prefixes",
];

/// Every rule about one value that is broken.
pub(super) fn broken(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let mut seen: Vec<LinkWay> = Vec::new();
    for way in &settings.link.ways {
        if seen.contains(way) {
            let rule = "stands twice; each way is tried once, in its place in the list";
            wrong.push(text("link.ways", way.as_str(), rule));
        }
        seen.push(*way);
    }
    id_prefixes(&settings.link, wrong);
    for (key, prefixes) in kinds(&settings.link) {
        if prefixes.is_empty() {
            let rule = "must have at least one, or no id is known for what it is; 001, 003 and 500 are usual";
            wrong.push(Wrong::new(key, "[]", rule));
        }
        let is_prefix = |it: &str| it.len() == 3 && it.bytes().all(|it| it.is_ascii_alphanumeric());
        for prefix in prefixes.iter().filter(|it| !is_prefix(it)) {
            let rule = "must be the three letters or digits that ids begin with, as \"001\"";
            wrong.push(text(key, prefix, rule));
        }
        too_long(key, prefixes, wrong);
    }
    let region = &settings.phone.default_region;
    if !region.is_empty() && !phone::is_region(region) {
        let rule = "must be the ISO code of a country in capitals, as \"US\", or empty: then numbers without + are not used";
        wrong.push(text("phone.default_region", region, rule));
    }
    wider(settings, wrong);
    partners(&settings.partners, wrong);
    let history = settings.salesforce.history_names_text().len();
    if history > MOST_OF_HISTORY {
        let rule = "must be fewer columns, or shorter fields, of the objects in salesforce.history: their names together, 16000 bytes at most";
        wrong.push(Wrong::new(
            "salesforce.objects",
            format!("{history} bytes"),
            rule,
        ));
    }
}

/// Rules about two values: not to be judged when one of the two could not be read.
pub(super) fn broken_between(
    settings: &Settings,
    has: impl Fn(&str) -> bool,
    wrong: &mut Vec<Wrong>,
) {
    let link = &settings.link;
    let all = kinds(link);
    for (at, (key, prefixes)) in all.iter().enumerate() {
        for (no, prefix) in prefixes.iter().enumerate() {
            let is_again = prefixes[..no].contains(prefix);
            if is_again {
                wrong.push(text(key, prefix, "stands twice; take one out"));
            }
            let others = all[..at]
                .iter()
                .find(|(other, of)| has(other) && of.contains(prefix));
            if let Some((other, _)) = others
                && !is_again
            {
                let rule = format!(
                    "stands in {other} as well; an id is of one kind: take it out of one of the two"
                );
                wrong.push(text(key, prefix, rule));
            }
        }
    }
    for cut in &link.id_prefixes {
        let of_id = |key: &str, prefix: &str| {
            let head = cut.get(..prefix.len());
            !prefix.is_empty() && has(key) && head.is_some_and(|it| it.eq_ignore_ascii_case(prefix))
        };
        let like = all.iter().find_map(|(key, prefixes)| {
            let prefix = prefixes.iter().find(|prefix| of_id(key, prefix))?;
            Some((key, prefix))
        });
        if let Some((key, prefix)) = like {
            let rule = format!(
                "begins like an id (\"{prefix}\" of {key}), of which nothing may be cut off; take it out"
            );
            wrong.push(text("link.id_prefixes", cut, rule));
        }
    }
    let least = settings.matching.window_minutes;
    for (no, wider) in settings.matching.wider.iter().enumerate() {
        if wider.minutes < least
            && wider.minutes > 0
            && has("match.wider")
            && has("match.window_minutes")
        {
            let rule = format!(
                "must be at least match.window_minutes = {least}: the window can only be wider"
            );
            wrong.push(Wrong::new(
                format!("match.wider[{no}].minutes"),
                wider.minutes,
                rule,
            ));
        }
    }
    if has("business_time_zone") && has("genesys.aggregate_minutes") {
        buckets(settings, wrong);
    }
}

fn kinds(link: &Link) -> [(&'static str, &[String]); 3] {
    let [account, contact, case] = KINDS;
    [
        (account, &link.account_prefixes),
        (contact, &link.contact_prefixes),
        (case, &link.case_prefixes),
    ]
}

fn id_prefixes(link: &Link, wrong: &mut Vec<Wrong>) {
    let key = "link.id_prefixes";
    let prefixes = &link.id_prefixes;
    for (no, prefix) in prefixes.iter().enumerate() {
        let rule = if prefix.trim().is_empty() {
            "is no text that could be cut off; take it out of the list"
        } else if prefix.contains(|it: char| it == ',' || it.is_control()) {
            "must be one text, without a comma, a line break or another control character"
        } else if prefixes[..no].contains(prefix) {
            "stands twice; take one out"
        } else {
            continue;
        };
        wrong.push(text(key, prefix, rule));
    }
    too_long(key, prefixes, wrong);
}

fn wider(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let all = &settings.matching.wider;
    if all.len() > MOST_WIDER {
        let rule = "must be at most 50 tables; take out those that are long past";
        wrong.push(Wrong::new(
            "match.wider",
            format!("{} tables", all.len()),
            rule,
        ));
    }
    for (no, wider) in all.iter().enumerate() {
        let key = |name: &str| format!("match.wider[{no}].{name}");
        let instants = [("from", wider.from), ("to", wider.to)];
        for (name, at) in instants {
            // The warehouse compares whole seconds of years it can write with four digits.
            if at.subsec_nanosecond() != 0 || at < Timestamp::UNIX_EPOCH {
                let rule = "must be in 1970 or later, in whole seconds";
                wrong.push(Wrong::new(key(name), at, rule));
            }
        }
        if wider.from >= wider.to {
            let rule = format!(
                "must be before {} = {}: it holds from the one until before the other",
                key("to"),
                wider.to
            );
            wrong.push(Wrong::new(key("from"), wider.from, rule));
        }
        if !(1..=MOST_MINUTES).contains(&wider.minutes) {
            let rule = "must be 1 to 40320: a case from more than four weeks away is not about the conversation";
            wrong.push(Wrong::new(key("minutes"), wider.minutes, rule));
        }
    }
}

fn partners(partners: &[Partner], wrong: &mut Vec<Wrong>) {
    let mut names = BTreeSet::new();
    for (no, partner) in partners.iter().enumerate() {
        let key = format!("partner[{no}].name");
        let name = &partner.name;
        let is_name = name.starts_with(|it: char| it.is_ascii_lowercase())
            && name
                .bytes()
                .all(|it| matches!(it, b'a'..=b'z' | b'0'..=b'9' | b'_'));
        if !is_name || name.len() > MOST_OF_NAME {
            let rule = format!(
                "must be a name as \"acme\": small letters, digits and _, beginning with a letter, at most {MOST_OF_NAME}; the role is called {}<name>",
                Partner::ROLE
            );
            wrong.push(text(&key, name, rule));
        } else if !names.insert(name) {
            let rule = "is another partner's name; give each a name of its own";
            wrong.push(text(&key, name, rule));
        }
        let key = format!("partner[{no}].queue_ids");
        if partner.queue_ids.is_empty() {
            let rule = "must name at least one queue; a partner without one would see nothing, or everything";
            wrong.push(Wrong::new(&key, "[]", rule));
        }
        for id in &partner.queue_ids {
            let is_id = (1..=MOST_OF_QUEUE_ID).contains(&id.len())
                && id
                    .bytes()
                    .all(|it| it.is_ascii_alphanumeric() || it == b'-');
            if !is_id {
                let rule = "must be a queue's id in Genesys Cloud: letters, digits and hyphens, 64 at most";
                wrong.push(text(&key, id, rule));
            }
        }
        too_long(&key, &partner.queue_ids, wrong);
    }
}

/// A list that SQL takes as one text.
pub(super) fn too_long(key: &str, list: &[String], wrong: &mut Vec<Wrong>) {
    let length = listed(list).len();
    if length > MOST_OF_TEXT {
        let rule = "must be fewer or shorter texts: all together, 4000 bytes at most";
        wrong.push(Wrong::new(key, format!("{length} bytes"), rule));
    }
}

/// Sums of a business day need buckets that begin at its midnight.
fn buckets(settings: &Settings, wrong: &mut Vec<Wrong>) {
    let (name, minutes) = (
        &settings.business_time_zone,
        settings.genesys.aggregate_minutes,
    );
    let Ok(zone) = TimeZone::get(name) else {
        return;
    };
    let offsets = offsets(&zone);
    let is_cut = |offset: &i32| offset.rem_euclid(60 * minutes.max(1).cast_signed()) != 0;
    let Some(cut) = offsets.iter().find(|offset| is_cut(offset)) else {
        return;
    };
    let most = offsets.iter().fold(86_400, |most, it| common(most, *it)) / 60;
    let rule = format!(
        "must divide every UTC offset of business_time_zone = {name:?}, as {}, or its days begin within a bucket; {} is the longest that does",
        jiff::tz::Offset::from_seconds(*cut).map_or_else(|_| cut.to_string(), |it| it.to_string()),
        most.max(1),
    );
    wrong.push(Wrong::new("genesys.aggregate_minutes", minutes, rule));
}

/// Every UTC offset of a zone from 2020 to 2040, seconds.
fn offsets(zone: &TimeZone) -> BTreeSet<i32> {
    let instant = |year| {
        let first = civil::date(year, 1, 1).at(0, 0, 0, 0);
        TimeZone::UTC.to_timestamp(first).unwrap_or_default()
    };
    let (from, to) = (instant(2020), instant(2040));
    let changes = zone.following(from).take_while(|it| it.timestamp() < to);
    let mut offsets: BTreeSet<_> = changes.map(|it| it.offset().seconds()).collect();
    offsets.insert(zone.to_offset(from).seconds());
    offsets
}

/// The greatest common divisor.
fn common(one: i32, other: i32) -> i32 {
    if other == 0 {
        return one.abs();
    }
    common(other, one % other)
}

#[cfg(test)]
mod tests;
