//! One record's bytes on their way to the writer.

use jiff::Timestamp;
use landing::{LandingError, WindowWriter};
use model::rows::Refusal;
use salesforce::{Mapping, Record};

/// Lands a record and stages its row, or sets it aside with the reason.
pub(crate) fn take(
    mapping: &Mapping,
    writer: &mut WindowWriter,
    payload: &[u8],
    received_at: Timestamp,
) -> Result<(), LandingError> {
    let read = std::str::from_utf8(payload)
        .map_err(|_| Refusal {
            reason: "unreadable",
            detail: "is no UTF-8".to_owned(),
        })
        .and_then(|text| {
            let record = Record::parse(text)?;
            Ok((record.id()?, record, text))
        });
    match read {
        Ok((id, record, text)) => {
            writer.record(&id, text, received_at, |rows| mapping.write(&record, rows))?
        }
        Err(refusal) => writer.refuse(None, payload, received_at, &refusal)?,
    };
    Ok(())
}
