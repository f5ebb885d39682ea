//! Salesforce record ids: 15 case-sensitive characters, or the same with three more that encode the case.

use std::borrow::Cow;

/// Why a text is no Salesforce id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SalesforceIdError {
    /// Neither 15 nor 18 characters.
    #[error("a Salesforce id has 15 or 18 characters, not {0}")]
    Length(usize),
    /// A character that is neither a letter nor a digit.
    #[error("a Salesforce id has letters and digits only")]
    Characters,
    /// The last three characters do not fit the case of the first fifteen.
    #[error(
        "the last three characters do not fit the case of the first fifteen: the id was altered"
    )]
    Checksum,
}

/// The 18-character form of `id`, surrounding blanks ignored.
pub fn to_18(id: &str) -> Result<String, SalesforceIdError> {
    full(id).map(Cow::into_owned)
}

/// The same, without a copy when `id` is that form already.
pub fn full(id: &str) -> Result<Cow<'_, str>, SalesforceIdError> {
    let id = id.trim();
    if !id.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Err(SalesforceIdError::Characters);
    }
    if id.len() != 15 && id.len() != 18 {
        return Err(SalesforceIdError::Length(id.len()));
    }
    let (core, given) = id.split_at(15);
    let mut check = [0; 3];
    for (five, check) in core.as_bytes().chunks(5).zip(&mut check) {
        // Bit i says whether character i is upper case; 0 to 31 are written as A to Z and 0 to 5.
        let bits = five.iter().enumerate().fold(0_u8, |bits, (i, byte)| {
            bits | (u8::from(byte.is_ascii_uppercase()) << i)
        });
        *check = if bits < 26 {
            b'A' + bits
        } else {
            b'0' + bits - 26
        };
    }
    if given.as_bytes() == check {
        return Ok(Cow::Borrowed(id));
    }
    // Some systems change the case of the last three characters alone, which loses nothing.
    if given.is_empty() || given.as_bytes().eq_ignore_ascii_case(&check) {
        let mut full = core.to_owned();
        full.extend(check.map(char::from));
        Ok(Cow::Owned(full))
    } else {
        Err(SalesforceIdError::Checksum)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn fifteen_characters_become_eighteen() {
        for (short, long) in [
            ("a0D30000001n7Pi", "a0D30000001n7PiEAI"),
            ("003G000001SUbc4", "003G000001SUbc4IAD"),
            ("70130000001tcyI", "70130000001tcyIAAQ"),
        ] {
            assert_eq!(to_18(short).as_deref(), Ok(long));
            assert_eq!(to_18(&format!(" {long} ")).as_deref(), Ok(long));
        }
    }

    #[test]
    fn what_is_no_id_is_refused() {
        assert_eq!(to_18(""), Err(SalesforceIdError::Length(0)));
        assert_eq!(
            to_18("003G000001SUbc4IA"),
            Err(SalesforceIdError::Length(17))
        );
        assert_eq!(to_18("003G00000-SUbc4"), Err(SalesforceIdError::Characters));
        assert_eq!(
            to_18("003g000001subc4IAD"),
            Err(SalesforceIdError::Checksum)
        );
    }

    proptest! {
        #[test]
        fn normalising_twice_changes_nothing(short in "[A-Za-z0-9]{15}") {
            let long = to_18(&short).unwrap();
            prop_assert_eq!(long.len(), 18);
            prop_assert_eq!(full(&long), Ok(Cow::Borrowed(long.as_str())));
            let (core, check) = long.split_at(15);
            prop_assert_eq!(to_18(&format!("{core}{}", check.to_lowercase())).unwrap(), long);
        }
    }
}
