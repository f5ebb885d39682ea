//! MERGE as Redshift has it: narrower than PostgreSQL's, so the difference is checked here.

use super::{Refused, Token, closing};

/// Refuses a MERGE that Redshift, or the twin, would not run.
pub(super) fn check(tokens: &[&Token<'_>]) -> Result<(), Refused> {
    let is = |at: usize, word: &str| tokens.get(at).is_some_and(|t| t.is(word));
    if !is(1, "into") {
        return Err(Refused::syntax(tokens.get(1).copied(), "MERGE INTO target"));
    }
    let (target, mut at) = name(tokens, 2)?;
    if !is(at, "using") {
        return Err(Refused::unsupported(
            "an alias for the target of MERGE",
            "refer to it by its name",
        ));
    }
    at += 1;
    if tokens.get(at).is_some_and(|t| t.text == "(") {
        let close = closing(tokens, at)
            .ok_or_else(|| Refused::syntax(None, "a closing parenthesis after USING"))?;
        if reads(&tokens[at..close], &target) {
            return Err(Refused::unsupported(
                "a MERGE source that reads the target",
                "Source view/subquery in Merge statement cannot reference target table",
            ));
        }
        at = close;
    }
    if tokens.iter().any(|t| t.is("duplicates")) && tokens.iter().any(|t| t.is("remove")) {
        return Err(Refused::not_emulated(
            "MERGE … REMOVE DUPLICATES",
            "write both WHEN clauses",
        ));
    }
    clauses(&tokens[at..])
}

fn clauses(tokens: &[&Token<'_>]) -> Result<(), Refused> {
    let (mut matched, mut not_matched, mut case_depth) = (0, 0, 0_usize);
    for (at, token) in tokens.iter().enumerate() {
        if token.is("case") {
            case_depth += 1;
        } else if token.is("end") {
            case_depth = case_depth.saturating_sub(1);
        }
        if case_depth > 0 || !token.is("when") {
            continue;
        }
        let negated = tokens.get(at + 1).is_some_and(|t| t.is("not"));
        let at = at + 1 + usize::from(negated);
        if !tokens.get(at).is_some_and(|t| t.is("matched")) {
            return Err(Refused::syntax(tokens.get(at).copied(), "MATCHED"));
        }
        if !tokens.get(at + 1).is_some_and(|t| t.is("then")) {
            return Err(Refused::unsupported(
                "a condition on a WHEN clause of MERGE",
                "filter the source instead",
            ));
        }
        let action = tokens.get(at + 2);
        let fits = if negated {
            not_matched += 1;
            action.is_some_and(|t| t.is("insert"))
        } else {
            matched += 1;
            action.is_some_and(|t| t.is_any(&["update", "delete"]))
        };
        if !fits {
            return Err(Refused::unsupported(
                "this action of a WHEN clause",
                "MATCHED updates or deletes, NOT MATCHED inserts",
            ));
        }
        if action.is_some_and(|t| t.is("update"))
            && tokens.get(at + 5).is_some_and(|t| t.text == ".")
        {
            return Err(Refused::unsupported(
                "a qualified column in SET",
                "name the column alone",
            ));
        }
    }
    if (matched, not_matched) != (1, 1) {
        return Err(Refused::unsupported(
            "MERGE without exactly one WHEN MATCHED and one WHEN NOT MATCHED",
            "write both clauses, or use insert or update",
        ));
    }
    Ok(())
}

/// A possibly qualified name at `at`, and the position behind it.
pub(super) fn name(tokens: &[&Token<'_>], at: usize) -> Result<(Vec<String>, usize), Refused> {
    let mut parts = Vec::new();
    let mut at = at;
    loop {
        let token = tokens.get(at).copied();
        let part = token
            .and_then(Token::name)
            .ok_or_else(|| Refused::syntax(token, "a name"))?;
        parts.push(part);
        at += 1;
        if tokens.get(at).is_none_or(|t| t.text != ".") {
            return Ok((parts, at));
        }
        at += 1;
    }
}

/// True if the tokens name this table behind FROM or JOIN.
fn reads(tokens: &[&Token<'_>], table: &[String]) -> bool {
    (0..tokens.len()).any(|at| {
        let names_table = tokens[at].is_any(&["from", "join"]) || tokens[at].text == ",";
        names_table && name(tokens, at + 1).is_ok_and(|(found, _)| found == table)
    })
}

#[cfg(test)]
mod tests {
    use crate::data_api::sql::{lex, significant};

    fn verdict(sql: &str) -> Result<(), String> {
        let tokens = lex(sql).unwrap();
        super::check(&significant(&tokens)).map_err(|e| e.to_string())
    }

    #[test]
    fn both_clauses_and_nothing_else() {
        let good = "merge into a.t using (select k, case when x then 1 end as v from s) as n on a.t.k = n.k \
                    when matched then update set v = case when n.v > 0 then n.v else 0 end, w = 1 \
                    when not matched then insert (k, v) values (n.k, n.v)";
        assert_eq!(verdict(good), Ok(()));
        for (sql, says) in [
            (good.replace("a.t using", "a.t as x using"), "alias"),
            (good.replace("from s)", "from a.t)"), "reads the target"),
            (
                good.replace(
                    "when matched then update",
                    "when matched and true then update",
                ),
                "condition",
            ),
            (good.replace("set v =", "set t.v ="), "qualified column"),
            (
                "merge into t using s on t.k = s.k when matched then delete".into(),
                "exactly one",
            ),
            (
                "merge into t using s on t.k = s.k remove duplicates".into(),
                "REMOVE DUPLICATES",
            ),
        ] {
            let said = verdict(&sql).unwrap_err();
            assert!(said.contains(says), "{sql}: {said}");
        }
    }
}
