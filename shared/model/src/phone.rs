//! Telephone numbers: from a text as a source gives it to the one way a number is written everywhere (E.164).
//!
//! Only a number that exists in its country's plan counts. An anonymous caller, an extension by itself, a short code and a
//! name are no numbers: a customer must not be found by one.

use crate::rows::{Refusal, Rows};
use rlibphonenumber::{PHONE_NUMBER_UTIL, PhoneNumberFormat, Region};

/// The table of texts and their numbers.
pub const TABLE: &str = "staging.phone_number";

/// No longer text is looked at, whatever address stands around the number.
const MOST_BYTES: usize = 256;
/// So many a number has at most, its country's code among them.
const MOST_OF_NUMBER: usize = 15;
/// Before those may stand what is dialled to leave the country, or a zero in brackets.
const MOST_DIGITS: usize = 20;
/// What stands between digits. Texts from other programs have hard spaces, hyphens that do not break, dashes.
const BETWEEN: [char; 12] = [
    ' ', '-', '.', '/', '(', ')', '\u{a0}', '\u{202f}', '\u{2010}', '\u{2011}', '\u{2012}',
    '\u{2013}',
];
/// Digits of an extension.
const MOST_OF_EXTENSION: usize = 7;

/// Reads telephone numbers.
#[derive(Debug, Clone, Copy, Default)]
pub struct Numbers {
    region: Option<Region>,
}

/// Whether `region` is a country of numbers: its ISO code in capitals.
pub fn is_region(region: &str) -> bool {
    known_region(region).is_some()
}

fn known_region(region: &str) -> Option<Region> {
    let is_written = region.bytes().all(|it| it.is_ascii_uppercase());
    let known: Region = is_written.then(|| region.parse().ok())??;
    let mut all = PHONE_NUMBER_UTIL.get_supported_regions();
    all.any(|it| it == known).then_some(known)
}

impl Numbers {
    /// Numbers without `+` are meant in the country `region`; when that is none (empty), they are not used.
    pub fn in_region(region: &str) -> Self {
        Self {
            region: known_region(region),
        }
    }

    /// The number in `said` (`(317) 555-0100`, `tel:+1-317-555-0100`, `sip:+13175550100@host;user=phone`) as E.164
    /// (`+13175550100`); `None` when there is no valid one.
    pub fn e164(self, said: &str) -> Option<String> {
        let dialled = dialled(said)?;
        if self.region.is_none() && !dialled.starts_with('+') {
            return None;
        }
        let number = PHONE_NUMBER_UTIL.parse(&dialled, self.region).ok()?;
        if !PHONE_NUMBER_UTIL.is_valid_number(&number) {
            return None;
        }
        let written = PHONE_NUMBER_UTIL.format(&number, PhoneNumberFormat::E164);
        // Some countries' plans have room for longer ones; nobody is reached by them.
        (written.len() <= 1 + MOST_OF_NUMBER).then(|| written.into_owned())
    }

    /// Appends a row to [`TABLE`], which is at `position`, for each distinct text that is a number.
    pub fn write<'a>(
        self,
        said: impl IntoIterator<Item = &'a str>,
        rows: &mut Rows,
        position: usize,
    ) -> Result<(), Refusal> {
        let mut said: Vec<&str> = said.into_iter().collect();
        said.sort_unstable();
        said.dedup();
        for text in said {
            if let Some(number) = self.e164(text) {
                let row = rows.row(position);
                row.text(Some(text)).text(Some(&number)).end()?;
            }
        }
        Ok(())
    }
}

/// The digits of the number in an address, with their `+`.
fn dialled(said: &str) -> Option<String> {
    let said = said.trim();
    if said.len() > MOST_BYTES || said.contains('\0') {
        return None;
    }
    let number = match said.split_once(':') {
        Some((scheme, rest)) if scheme.eq_ignore_ascii_case("tel") => {
            let (number, parameters) = rest.split_once(';').unwrap_or((rest, ""));
            // Meant within the context it names: a company's own extension, as a rule.
            if !number.starts_with('+') && parameters.contains("phone-context") {
                return None;
            }
            number
        }
        Some((scheme, rest)) if is_sip(scheme) => {
            let user = rest.split('@').next()?;
            user.split([';', '?']).next()?
        }
        Some(_) => return None,
        None => without_extension(said)?,
    };
    let number = number.trim();
    let number = match number.strip_prefix("%2B").or(number.strip_prefix("%2b")) {
        Some(rest) => format!("+{rest}"),
        None => number.to_owned(),
    };
    digits(&number)
}

fn is_sip(scheme: &str) -> bool {
    scheme.eq_ignore_ascii_case("sip") || scheme.eq_ignore_ascii_case("sips")
}

/// What stands before `ext. 5`, `x5`, `#5`.
fn without_extension(said: &str) -> Option<&str> {
    let is_mark = |it: char| it.is_ascii_alphabetic() || it == '#';
    let Some(at) = said.find(is_mark) else {
        return Some(said);
    };
    let (number, extension) = said.split_at(at);
    let mark = extension.trim_end_matches(|it: char| it.is_ascii_digit());
    let length = extension.len() - mark.len();
    let mark = mark.trim_end_matches([' ', '.', ':', '-']);
    let is_known = ["ext", "extn", "extension", "x", "#"]
        .iter()
        .any(|known| mark.eq_ignore_ascii_case(known));
    (is_known && (1..=MOST_OF_EXTENSION).contains(&length))
        .then(|| number.trim_end_matches([' ', ',', ';', '(']))
}

/// Digits without what people write between them. Anything else makes it no number.
fn digits(number: &str) -> Option<String> {
    let mut digits = String::with_capacity(MOST_DIGITS + 1);
    for letter in number.chars() {
        match letter {
            '0'..='9' if digits.len() <= MOST_DIGITS => digits.push(letter),
            '+' if digits.is_empty() => digits.push('+'),
            _ if BETWEEN.contains(&letter) => {}
            _ => return None,
        }
    }
    Some(digits)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::RunId;
    use crate::table::Table;
    use proptest::prelude::*;

    fn read(region: &str, said: &str) -> Option<String> {
        Numbers::in_region(region).e164(said)
    }

    #[test]
    fn one_number_is_one_text_however_it_is_written() {
        for said in [
            "+13175550100",
            "tel:+13175550100",
            "TEL:+1-317-555-0100;ext=12",
            "sip:+13175550100@carrier.example;user=phone",
            "sips:%2B13175550100@10.0.0.1:5061",
            "sip:+13175550100;npdi@carrier.example",
            " +1 (317) 555-0100 ",
            "+1.317.555.0100",
            "+1\u{a0}317\u{2011}555\u{2013}0100",
            "+1 317 555 0100 ext. 42",
            "+1 317 555 0100, x42",
            "+1 317 555 0100 #42",
        ] {
            assert_eq!(read("", said).as_deref(), Some("+13175550100"), "{said}");
        }
        for (region, said, number) in [
            ("", "+44 (0)20 7946 0958", "+442079460958"),
            ("", "+39 06 698 12345", "+390669812345"),
            ("US", "(317) 555-0100", "+13175550100"),
            ("US", "1-317-555-0100", "+13175550100"),
            ("US", "tel:3175550100", "+13175550100"),
            ("US", "011 44 20 7946 0958", "+442079460958"),
            ("US", "+44 20 7946 0958", "+442079460958"),
            ("GB", "020 7946 0958", "+442079460958"),
            ("DE", "030/901820", "+4930901820"),
            ("DE", "0049 30 901820", "+4930901820"),
            ("IT", "06 698 12345", "+390669812345"),
            ("RU", "8 800 555-35-35", "+78005553535"),
        ] {
            let read = read(region, said);
            assert_eq!(read.as_deref(), Some(number), "{region} {said}");
        }
    }

    #[test]
    fn what_is_no_number_of_anybody_is_none() {
        let long = format!("sip:+13175550100@{}", "x".repeat(MOST_BYTES));
        for said in [
            "",
            "+",
            "anonymous",
            "tel:anonymous",
            "sip:anonymous@anonymous.invalid",
            "Restricted",
            "+266696687",
            "4711",
            "x42",
            "ext. 42",
            "tel:7042;phone-context=office.example",
            "tel:3175550100;phone-context=office.example",
            "911",
            "+911",
            "+1317555010",
            "+131755501000",
            "+999123456789",
            "+1 317 555 0100 / 317 555 0101",
            "+1+3175550100",
            "+1 317 555 0100 call after six",
            "+1 317 555 0100 ext. 12345678",
            "*31#+13175550100",
            "1-800-FLOWERS",
            "mailto:+13175550100@example.com",
            "+13175550100@example.com",
            "964912c8-2eaf-5fef-9e9c-bb722da2875f",
            "sip:964912c8-2eaf-5fef-9e9c-bb722da2875f@host",
            "+13175550100\0",
            &long,
        ] {
            assert_eq!(read("US", said), None, "{said:?}");
        }
        // Without a country of its own, a number must say which it is of.
        for said in ["3175550100", "(317) 555-0100", "013175550100"] {
            assert_eq!(read("", said), None, "{said:?}");
        }
    }

    #[test]
    fn a_region_is_the_iso_code_of_a_country() {
        for region in ["US", "DE", "GB", "NP"] {
            assert!(is_region(region), "{region}");
        }
        for region in ["", "us", "UK", "XX", "001", "ZZ", "Germany", "U S"] {
            assert!(!is_region(region), "{region}");
        }
    }

    #[test]
    fn the_dictionary_has_each_text_of_a_record_once() {
        let sql = include_str!("../../warehouse/sql/staging/phone_number.sql");
        let table = Table::parse(sql).unwrap();
        assert_eq!(table.name, TABLE);
        let mut rows = Rows::new(&RunId::try_from("r-1".to_owned()).unwrap(), vec![table]);
        rows.begin(7, "2026-01-05T10:00:00Z".parse().unwrap());
        let said = [
            "tel:+13175550100",
            "anonymous",
            "+1 317 555 0100",
            "tel:+13175550100",
        ];
        Numbers::in_region("").write(said, &mut rows, 0).unwrap();
        insta::assert_snapshot!(rows.take(0).0, @r#"
        "r-1",7,2026-01-05 10:00:00,"+1 317 555 0100","+13175550100"
        "r-1",7,2026-01-05 10:00:00,"tel:+13175550100","+13175550100"
        "#);
    }

    fn is_e164(number: &str) -> bool {
        let digits = number.strip_prefix('+').unwrap_or_default();
        (7..=MOST_OF_NUMBER).contains(&digits.len()) && digits.bytes().all(|it| it.is_ascii_digit())
    }

    proptest! {
        #[test]
        fn any_text_is_a_number_or_none(
            said in r"(tel:|sip:|SIPS:)?[\+0-9 ()./@;x#*=%-]{0,40}",
            any in ".*",
            region in prop::sample::select(vec!["", "US", "DE", "IT", "AR", "BR", "RU", "XX"]),
        ) {
            let numbers = Numbers::in_region(region);
            for said in [said, any] {
                if let Some(number) = numbers.e164(&said) {
                    prop_assert!(is_e164(&number), "{said:?}: {number}");
                    // And it is its own number.
                    let again = numbers.e164(&number);
                    prop_assert_eq!(again.as_deref(), Some(number.as_str()));
                }
            }
        }

        #[test]
        fn dialled_digits_never_fail(
            digits in r"\+?[0-9]{0,24}",
            region in prop::sample::select(vec!["", "US", "DE", "IT", "AR", "BR", "MX", "CN"]),
        ) {
            if let Some(number) = Numbers::in_region(region).e164(&digits) {
                prop_assert!(is_e164(&number), "{digits}: {number}");
            }
        }
    }
}
