//! From text to a statement.

use super::tokens::{SYMBOLS, Token, tokens};
use super::{Comparison, Condition, Groups, Item, Literal, Malformed, Statement};

/// Reads a statement.
///
/// # Errors
/// Names the token that does not belong where it stands.
pub fn parse(text: &str) -> Result<Statement, Malformed> {
    Parser {
        tokens: tokens(text)?,
        at: 0,
    }
    .statement()
}

struct Parser {
    tokens: Vec<Token>,
    at: usize,
}

impl Parser {
    fn next(&mut self) -> Option<Token> {
        let token = self.tokens.get(self.at).cloned();
        self.at += 1;
        token
    }

    fn unexpected<T>(&self, wanted: &str) -> Result<T, Malformed> {
        let found = match self.tokens.get(self.at) {
            None => "<EOF>".to_owned(),
            Some(Token::Word(text) | Token::Text(text)) => text.clone(),
            Some(Token::Symbol(symbol)) => (*symbol).to_owned(),
        };
        Err(Malformed(format!(
            "unexpected token: '{found}', expecting {wanted}"
        )))
    }

    fn is_word(&self, word: &str) -> bool {
        matches!(self.tokens.get(self.at), Some(Token::Word(one)) if one.eq_ignore_ascii_case(word))
    }

    /// Takes this keyword when it stands here.
    fn take_word(&mut self, word: &str) -> bool {
        let is_here = self.is_word(word);
        self.at += usize::from(is_here);
        is_here
    }

    fn take_symbol(&mut self, symbol: &str) -> bool {
        let is_here = self.tokens.get(self.at)
            == SYMBOLS
                .iter()
                .find(|one| **one == symbol)
                .map(|one| Token::Symbol(one))
                .as_ref();
        self.at += usize::from(is_here);
        is_here
    }

    fn expect_word(&mut self, word: &str) -> Result<(), Malformed> {
        if self.take_word(word) {
            Ok(())
        } else {
            self.unexpected(word)
        }
    }

    fn expect_symbol(&mut self, symbol: &str) -> Result<(), Malformed> {
        if self.take_symbol(symbol) {
            Ok(())
        } else {
            self.unexpected(symbol)
        }
    }

    fn name(&mut self) -> Result<String, Malformed> {
        const KEYWORDS: [&str; 9] = [
            "select", "from", "where", "order", "limit", "and", "or", "in", "group",
        ];
        match self.tokens.get(self.at) {
            Some(Token::Word(word))
                if word.starts_with(|one: char| one.is_alphabetic())
                    && !KEYWORDS.contains(&word.to_ascii_lowercase().as_str()) =>
            {
                let word = word.clone();
                self.at += 1;
                Ok(word)
            }
            _ => self.unexpected("a name"),
        }
    }

    fn statement(mut self) -> Result<Statement, Malformed> {
        self.expect_word("SELECT")?;
        let mut items = Vec::new();
        let counts =
            self.is_word("COUNT") && self.tokens.get(self.at + 1) == Some(&Token::Symbol("("));
        if counts {
            self.at += 1;
            self.expect_symbol("(")?;
            self.expect_symbol(")")?;
        } else {
            items.push(self.item()?);
            while self.take_symbol(",") {
                items.push(self.item()?);
            }
        }
        self.expect_word("FROM")?;
        let object = self.name()?;
        let condition = if self.take_word("WHERE") {
            Some(self.condition()?)
        } else {
            None
        };
        let (fields, groups) = self.groups(items)?;
        let mut order = Vec::new();
        if self.is_word("ORDER") && !counts {
            self.at += 1;
            self.expect_word("BY")?;
            loop {
                let name = self.name()?;
                let descends = self.take_word("DESC") || {
                    self.take_word("ASC");
                    false
                };
                if self.take_word("NULLS") && !(self.take_word("FIRST") || self.take_word("LAST")) {
                    return self.unexpected("FIRST or LAST");
                }
                order.push((name, descends));
                if !self.take_symbol(",") {
                    break;
                }
            }
        }
        let limit = if self.take_word("LIMIT") {
            let number = match self.tokens.get(self.at) {
                Some(Token::Word(word)) => word.parse::<usize>().ok(),
                _ => None,
            };
            let Some(number) = number else {
                return self.unexpected("a number");
            };
            self.at += 1;
            Some(number)
        } else {
            None
        };
        if self.at < self.tokens.len() {
            return self.unexpected("the end");
        }
        Ok(Statement {
            fields,
            groups,
            object,
            condition,
            order,
            limit,
        })
    }

    /// A field, or a function of one with the name its value is to have.
    fn item(&mut self) -> Result<(Item, String), Malformed> {
        let item = self.value()?;
        let name = match &item {
            Item::Field(name) => name.clone(),
            // Salesforce would number it: expr0.
            _ => self.name()?,
        };
        Ok((item, name))
    }

    fn value(&mut self) -> Result<Item, Malformed> {
        let name = self.name()?;
        if !self.take_symbol("(") {
            return Ok(Item::Field(name));
        }
        let field = self.name()?;
        let item = match name.to_ascii_uppercase().as_str() {
            "DAY_ONLY" => Item::Day(field),
            "COUNT" => Item::Count(field),
            "MAX" => Item::Max(field),
            _ => return self.unexpected("DAY_ONLY, COUNT or MAX"),
        };
        self.expect_symbol(")")?;
        Ok(item)
    }

    /// The field paths, or the groups where the statement has `GROUP BY`.
    fn groups(
        &mut self,
        items: Vec<(Item, String)>,
    ) -> Result<(Vec<String>, Option<Groups>), Malformed> {
        let is_plain = |item: &Item| matches!(item, Item::Field(_));
        if !self.is_word("GROUP") {
            if items.iter().all(|(item, _)| is_plain(item)) {
                return Ok((items.into_iter().map(|(_, name)| name).collect(), None));
            }
            return self.unexpected("GROUP BY");
        }
        self.at += 1;
        self.expect_word("BY")?;
        let mut by = vec![self.value()?];
        while self.take_symbol(",") {
            by.push(self.value()?);
        }
        let is_aggregate = |item: &Item| matches!(item, Item::Count(_) | Item::Max(_));
        let fits = items
            .iter()
            .all(|(item, _)| is_aggregate(item) || by.contains(item));
        if items.is_empty() || by.iter().any(is_aggregate) || !fits {
            return Err(Malformed("Field must be grouped or aggregated".to_owned()));
        }
        Ok((Vec::new(), Some(Groups { by, items })))
    }

    /// Salesforce refuses AND and OR side by side without brackets; so does this.
    fn condition(&mut self) -> Result<Condition, Malformed> {
        let mut left = self.term()?;
        let mut joined = None;
        loop {
            let word = if self.is_word("AND") {
                "AND"
            } else if self.is_word("OR") {
                "OR"
            } else {
                return Ok(left);
            };
            if joined.is_some_and(|before| before != word) {
                return self.unexpected("brackets around AND and OR");
            }
            joined = Some(word);
            self.at += 1;
            let right = Box::new(self.term()?);
            left = if word == "AND" {
                Condition::And(Box::new(left), right)
            } else {
                Condition::Or(Box::new(left), right)
            };
        }
    }

    fn term(&mut self) -> Result<Condition, Malformed> {
        if self.take_symbol("(") {
            let inner = self.condition()?;
            self.expect_symbol(")")?;
            return Ok(inner);
        }
        if self.take_word("NOT") {
            return Ok(Condition::Not(Box::new(self.term()?)));
        }
        let name = self.name()?;
        let is_in = if self.take_word("NOT") {
            self.expect_word("IN")?;
            Some(false)
        } else {
            self.take_word("IN").then_some(true)
        };
        if let Some(is_in) = is_in {
            self.expect_symbol("(")?;
            let mut values = vec![self.literal()?];
            while self.take_symbol(",") {
                values.push(self.literal()?);
            }
            self.expect_symbol(")")?;
            return Ok(Condition::In(name, is_in, values));
        }
        let comparison = match self.tokens.get(self.at) {
            Some(Token::Symbol("=")) => Comparison::Equal,
            Some(Token::Symbol("!=" | "<>")) => Comparison::NotEqual,
            Some(Token::Symbol("<")) => Comparison::Less,
            Some(Token::Symbol("<=")) => Comparison::LessOrEqual,
            Some(Token::Symbol(">")) => Comparison::Greater,
            Some(Token::Symbol(">=")) => Comparison::GreaterOrEqual,
            _ => return self.unexpected("a comparison"),
        };
        self.at += 1;
        Ok(Condition::Compare(name, comparison, self.literal()?))
    }

    fn literal(&mut self) -> Result<Literal, Malformed> {
        let word = match self.next() {
            Some(Token::Text(text)) => return Ok(Literal::Text(text)),
            Some(Token::Word(word)) => word,
            _ => {
                self.at -= 1;
                return self.unexpected("a value");
            }
        };
        let lower = word.to_ascii_lowercase();
        let value = match lower.as_str() {
            "null" => Some(Literal::Null),
            "true" => Some(Literal::Bool(true)),
            "false" => Some(Literal::Bool(false)),
            _ => None,
        };
        let day = || {
            word.parse::<jiff::civil::Date>()
                .ok()?
                .to_zoned(jiff::tz::TimeZone::UTC)
                .ok()
        };
        value
            .or_else(|| word.parse::<f64>().ok().map(Literal::Number))
            .or_else(|| {
                word.parse::<jiff::Timestamp>()
                    .ok()
                    .map(|at| Literal::Instant(crate::world::ceil_ms(at)))
            })
            .or_else(|| {
                (word.len() == 10)
                    .then(day)?
                    .map(|at| Literal::Day(at.timestamp().as_millisecond()))
            })
            .map_or_else(
                || {
                    self.at -= 1;
                    self.unexpected("a value")
                },
                Ok,
            )
    }
}
