//! A world as rows of staging and of the ledger, in the text format of COPY.

use crate::base::instant;
use crate::spec::{CASE, OBJECTS};
use crate::world::{BASE, BATCHES, DAY, List, Record, World, batch_name, batch_time};

/// The tables a batch brings rows of, with the columns that are filled.
pub const TABLES: [(&str, &str); 10] = [
    (
        "ops.load_log",
        "batch_id, manifest_sha256, files, copied_rows, loaded_at",
    ),
    (
        "ops.window_ledger",
        "batch_id, mode, source, object, window_start, window_end, window_no, extraction, api_rows, received_rows, \
         out_of_window_rows, duplicate_rows, landed_rows, staged_rows, quarantined_rows, is_settled, api_calls, extracted_at",
    ),
    (
        "staging.salesforce_account",
        "batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, account_id, master_record_id, \
         account_type, industry, customer_tier, owner_id, owner_name, parent_account_id, phone, account_name",
    ),
    (
        "staging.salesforce_contact",
        "batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, contact_id, master_record_id, \
         account_id, owner_id, phone, mobile_phone, contact_name, email",
    ),
    (
        "staging.salesforce_case",
        "batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, case_id, master_record_id, account_id, \
         contact_id, case_category, case_status, case_priority, is_closed, owner_id, case_subject, case_origin, closed_at",
    ),
    (
        "staging.salesforce_opportunity",
        "batch_id, record_no, extracted_at, is_deleted, system_modstamp, created_at, opportunity_id, opportunity_name, stage_name",
    ),
    (
        "staging.salesforce_history",
        "batch_id, record_no, extracted_at, object, history_id, parent_id, field_name, data_type, old_value, is_deleted, created_at",
    ),
    (
        "staging.salesforce_id",
        "batch_id, record_no, extracted_at, object, record_id, is_deleted, created_at",
    ),
    (
        "staging.genesys_conversation",
        "batch_id, record_no, extracted_at, window_start, window_end, extraction, conversation_id, conversation_start, \
         participant_count",
    ),
    (
        "staging.genesys_attribute",
        "batch_id, record_no, extracted_at, conversation_id, participant_no, attribute_name, attribute_value",
    ),
];

/// The table of `TABLES` with the readings of the first object; those of the others follow it.
const FIRST_OBJECT: usize = 2;
const HISTORY: usize = 6;
const ID: usize = 7;
const CONVERSATION: usize = 8;
const ATTRIBUTE: usize = 9;

/// The text of one table.
#[derive(Default, Clone)]
struct Lines(String);

impl Lines {
    fn add<'a>(&mut self, cells: impl IntoIterator<Item = Option<&'a str>>) {
        for (place, cell) in cells.into_iter().enumerate() {
            if place > 0 {
                self.0.push('\t');
            }
            match cell {
                None => self.0.push_str("\\N"),
                Some(text) => {
                    for letter in text.chars() {
                        match letter {
                            '\\' => self.0.push_str("\\\\"),
                            '\t' => self.0.push_str("\\t"),
                            '\n' => self.0.push_str("\\n"),
                            other => self.0.push(other),
                        }
                    }
                }
            }
        }
        self.0.push('\n');
    }
}

const fn flag(is: bool) -> &'static str {
    if is { "t" } else { "f" }
}

/// Each table with its columns and its rows, of all batches.
pub fn rows(world: &World) -> Vec<(&'static str, &'static str, String)> {
    let mut texts: Vec<Lines> = vec![Lines::default(); TABLES.len()];
    for batch in 0..BATCHES {
        let loaded = instant(batch_time(batch) + 7_200);
        texts[0].add([batch_name(batch).as_str(), "x", "1", "1", &loaded].map(Some));
    }
    for record in &world.records {
        add_record(&mut texts, record);
    }
    add_objects(&mut texts, world);
    for list in &world.lists {
        add_list(&mut texts, list);
    }
    add_talks(&mut texts, world);
    TABLES
        .iter()
        .zip(texts)
        .map(|((table, columns), text)| (*table, *columns, text.0))
        .collect()
}

fn add_record(texts: &mut [Lines], record: &Record) {
    let spec = &OBJECTS[record.object];
    for reading in &record.readings {
        let state = &reading.state;
        let (batch, number) = (batch_name(reading.batch), reading.record_no.to_string());
        let (extracted, version) = (instant(reading.extracted_at), instant(reading.modstamp));
        let (created, closed) = (
            reading.created_at.map(instant),
            state.closed_at.map(instant),
        );
        let mut cells = vec![
            Some(batch.as_str()),
            Some(&number),
            Some(&extracted),
            Some(flag(state.is_deleted)),
            Some(&version),
            created.as_deref(),
            Some(&record.id),
        ];
        if spec.is_dimension {
            cells.push(state.master.as_deref());
        }
        cells.extend(state.tracked.iter().map(Option::as_deref));
        cells.extend(state.plain.iter().map(Option::as_deref));
        if record.object == CASE {
            cells.push(closed.as_deref());
        }
        texts[FIRST_OBJECT + record.object].add(cells);
    }
    for (place, change) in record.changes.iter().enumerate() {
        for batch in &change.batches {
            let number = (20_000_000_000 + place).to_string();
            let cells = [
                Some(batch_name(*batch)),
                Some(number),
                Some(instant(batch_time(*batch))),
                Some(spec.name.to_owned()),
                Some(change.history_id.clone()),
                Some(record.id.clone()),
                Some(change.field.to_owned()),
                Some(if change.is_id { "EntityId" } else { "Text" }.to_owned()),
                change.old.clone(),
                Some("f".to_owned()),
                Some(instant(change.changed_at)),
            ];
            texts[HISTORY].add(cells.iter().map(Option::as_deref));
        }
    }
}

/// The windows of the records themselves, as the ledger has them.
fn add_objects(texts: &mut [Lines], world: &World) {
    let mut counts = [[0; OBJECTS.len()]; BATCHES];
    for record in &world.records {
        for reading in &record.readings {
            counts[reading.batch][record.object] += 1;
        }
    }
    for (batch, counts) in counts.into_iter().enumerate() {
        for (object, count) in counts.into_iter().enumerate() {
            let window = object as u64 + 1;
            let of = ("salesforce", OBJECTS[object].name, "rest");
            let read = batch_time(batch) + 1_800;
            add_window(
                texts,
                batch,
                of,
                (window, batch_time(batch)),
                (Some(count), count),
                read,
            );
        }
    }
}

/// A list is the only window of its object in its batch.
fn add_list(texts: &mut [Lines], list: &List) {
    let window = 30 + list.object as u64;
    let (batch, listed) = (batch_name(list.batch), instant(list.listed_at));
    let name = OBJECTS[list.object].name;
    for (place, (id, is_deleted)) in list.ids.iter().enumerate() {
        let number = (window * 1_000_000_000 + place as u64 + 1).to_string();
        let long_ago = instant(BASE - 400 * DAY);
        texts[ID].add(
            [
                &batch,
                &number,
                &listed,
                name,
                id,
                flag(*is_deleted),
                &long_ago,
            ]
            .map(Some),
        );
    }
    let count = list.ids.len();
    // One that is not complete is shorter than the source says.
    let stated = if list.is_complete { count } else { count + 1 };
    add_window(
        texts,
        list.batch,
        ("salesforce", &format!("{name}_ids"), "rest"),
        (window, list.window_end),
        (Some(stated), count),
        list.listed_at,
    );
}

fn add_window(
    texts: &mut [Lines],
    batch: usize,
    (source, object, extraction): (&str, &str, &str),
    (window, end): (u64, i64),
    (stated, count): (Option<usize>, usize),
    extracted_at: i64,
) {
    let (stated, count) = (stated.map(|n| n.to_string()), count.to_string());
    let (batch, window) = (batch_name(batch), window.to_string());
    let (start, end) = (instant(BASE - 1_000 * DAY), instant(end));
    let extracted = instant(extracted_at);
    let is_settled = flag(source == "salesforce");
    let mut cells = [
        &batch, "nightly", source, object, &start, &end, &window, extraction,
    ]
    .map(Some)
    .to_vec();
    cells.push(stated.as_deref());
    cells.extend(
        [
            &count, "0", "0", &count, &count, "0", is_settled, "1", &extracted,
        ]
        .map(Some),
    );
    texts[1].add(cells);
}

fn add_talks(texts: &mut [Lines], world: &World) {
    let mut counts = [0; BATCHES];
    for talk in &world.talks {
        for reading in &talk.readings {
            counts[reading.batch] += 1;
            let (batch, number) = (batch_name(reading.batch), reading.record_no.to_string());
            let (extracted, start) = (instant(reading.extracted_at), instant(reading.start));
            let (from, to) = (
                instant(BASE - 1_000 * DAY),
                instant(batch_time(reading.batch)),
            );
            let cells = [
                &batch, &number, &extracted, &from, &to, "job", &talk.id, &start, "1",
            ];
            texts[CONVERSATION].add(cells.map(Some));
            for (name, value) in &reading.attributes {
                let cells = [&batch, &number, &extracted, &talk.id, "0", name, value];
                texts[ATTRIBUTE].add(cells.map(Some));
            }
        }
    }
    for (batch, count) in counts
        .into_iter()
        .enumerate()
        .filter(|(_, count)| *count > 0)
    {
        add_window(
            texts,
            batch,
            ("genesys", "conversation", "job"),
            (50, batch_time(batch)),
            (None, count),
            batch_time(batch),
        );
    }
}
