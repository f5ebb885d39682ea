//! A field that is one text or a list of them.

use serde::Deserializer;
use serde::de::{self, SeqAccess, Visitor};
use std::fmt;

/// What is expected there.
pub(super) const EXPECTED: &str = "a text or a list of texts";

/// One text, or a list of them.
pub(super) fn one_or_several<'de, D: Deserializer<'de>>(
    input: D,
) -> Result<Option<Vec<String>>, D::Error> {
    struct Texts;

    impl<'de> Visitor<'de> for Texts {
        type Value = Vec<String>;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str(EXPECTED)
        }

        fn visit_str<E: de::Error>(self, text: &str) -> Result<Vec<String>, E> {
            Ok(vec![text.to_owned()])
        }

        fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Vec<String>, A::Error> {
            let mut texts = Vec::new();
            while let Some(text) = list.next_element()? {
                texts.push(text);
            }
            Ok(texts)
        }
    }

    input.deserialize_any(Texts).map(Some)
}
