//! What stands in a statement, whether it is one or not.

use super::Malformed;
use super::tokens::{Token, tokens};

/// What a statement contains beyond a flat select list; Bulk API 2.0 takes none of it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a finding of its own"
)]
pub struct Features {
    /// A select within the select list.
    pub sub_select: bool,
    /// `COUNT()`, `SUM(…)` and their like.
    pub aggregate: bool,
    /// `GROUP BY`.
    pub group_by: bool,
    /// `OFFSET`.
    pub offset: bool,
    /// `TYPEOF`.
    pub type_of: bool,
    /// `FIELDS(ALL)` and its like.
    pub fields_function: bool,
}

/// Looks for what a statement contains, whether it is one or not.
///
/// # Errors
/// A text without an end, or a sign that belongs nowhere.
pub fn features(text: &str) -> Result<Features, Malformed> {
    let tokens = tokens(text)?;
    let is = |at: usize, word: &str| matches!(tokens.get(at), Some(Token::Word(one)) if one.eq_ignore_ascii_case(word));
    let opens = |at: usize| tokens.get(at) == Some(&Token::Symbol("("));
    let calls = |at: usize, names: &[&str]| opens(at + 1) && names.iter().any(|name| is(at, name));
    let mut found = Features::default();
    for at in 0..tokens.len() {
        found.sub_select |= opens(at) && is(at + 1, "SELECT");
        found.aggregate |= calls(at, &["COUNT", "COUNT_DISTINCT", "SUM", "AVG", "MIN", "MAX"]);
        found.fields_function |= calls(at, &["FIELDS"]);
        found.group_by |= is(at, "GROUP") && is(at + 1, "BY");
        found.offset |= is(at, "OFFSET");
        found.type_of |= is(at, "TYPEOF");
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_bulk_queries_may_not_contain_is_found() {
        let has = |text: &str| features(text).unwrap();
        assert_eq!(
            has("SELECT Id, Group__c FROM Case WHERE Subject = 'GROUP BY (SELECT'"),
            Features::default()
        );
        assert!(has("SELECT Id, (SELECT Id FROM Cases) FROM Account").sub_select);
        assert!(has("SELECT COUNT() FROM Account").aggregate);
        assert!(has("SELECT AccountId, max(Amount) FROM Opportunity GROUP BY AccountId").group_by);
        assert!(has("SELECT Id FROM Account LIMIT 5 OFFSET 5").offset);
        assert!(has("SELECT FIELDS(ALL) FROM Account LIMIT 200").fields_function);
    }
}
