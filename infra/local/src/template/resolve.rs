//! Intrinsic functions over the twin's values. What cannot be resolved is refused with its place: a guess would hide a mistake.

use super::Template;
use crate::aws::{ACCOUNT, REGION};
use anyhow::{Context, Result, bail};
use serde_json::{Map, Value};
use std::collections::BTreeMap;
use std::fmt;

/// Where in the template a value stands.
#[derive(Debug, Clone)]
pub struct Place(String);

impl Place {
    /// A place from its outermost name, usually a logical id.
    pub fn of(name: &str) -> Self {
        Self(name.to_owned())
    }

    /// The place one step further in.
    #[must_use]
    pub fn at(&self, key: impl fmt::Display) -> Self {
        Self(format!("{}.{key}", self.0))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What parameters, pseudo parameters, resources and their attributes stand for.
#[derive(Debug, Clone, Default)]
pub struct Values {
    parameters: BTreeMap<String, Value>,
    references: BTreeMap<String, String>,
    attributes: BTreeMap<(String, String), String>,
    conditions: Map<String, Value>,
    mappings: Map<String, Value>,
}

impl Values {
    /// The template's defaults, with `given` in their place where named.
    pub fn new(template: &Template, given: &BTreeMap<String, Value>) -> Result<Self> {
        let declared = template.section("Parameters");
        if let Some(unknown) = given.keys().find(|name| !declared.contains_key(*name)) {
            bail!("the template has no parameter {unknown}: the twin wants to set it");
        }
        let parameters = declared
            .iter()
            .filter_map(|(name, parameter)| {
                let value = given.get(name).or_else(|| parameter.get("Default"))?;
                let value = match (parameter["Type"].as_str(), value) {
                    (Some("CommaDelimitedList"), Value::String(list)) => list
                        .split(',')
                        .map(|item| Value::from(item.trim()))
                        .collect(),
                    _ => value.clone(),
                };
                Some((name.clone(), value))
            })
            .collect();
        Ok(Self {
            parameters,
            conditions: template.section("Conditions"),
            mappings: template.section("Mappings"),
            ..Self::default()
        })
    }

    /// Says what `Ref: id` is.
    pub fn refer(&mut self, id: &str, value: &str) {
        self.references.insert(id.to_owned(), value.to_owned());
    }

    /// Says what `Fn::GetAtt: [id, name]` is.
    pub fn attribute(&mut self, id: &str, name: &str, value: &str) {
        self.attributes
            .insert((id.to_owned(), name.to_owned()), value.to_owned());
    }

    /// A resolved text, such as a name.
    pub fn text(&self, value: &Value, place: &Place) -> Result<String> {
        match self.resolve(value, place)? {
            Value::String(text) => Ok(text),
            Value::Number(number) => Ok(number.to_string()),
            Value::Bool(flag) => Ok(flag.to_string()),
            other => bail!("{place}: {other} is not a text"),
        }
    }

    /// A value with every intrinsic function replaced.
    pub fn resolve(&self, value: &Value, place: &Place) -> Result<Value> {
        Ok(self.replace(value, place)?.unwrap_or(Value::Null))
    }

    /// `None` stands for `AWS::NoValue`: the key it is given for is left out.
    fn replace(&self, value: &Value, place: &Place) -> Result<Option<Value>> {
        match value {
            Value::Object(map) => {
                if let (1, Some((function, argument))) = (map.len(), map.iter().next())
                    && (function == "Ref" || function.starts_with("Fn::"))
                {
                    return self.call(function, argument, place);
                }
                let mut resolved = Map::new();
                for (key, inner) in map {
                    if let Some(inner) = self.replace(inner, &place.at(key))? {
                        resolved.insert(key.clone(), inner);
                    }
                }
                Ok(Some(Value::Object(resolved)))
            }
            Value::Array(items) => {
                let mut resolved = Vec::new();
                for (no, item) in items.iter().enumerate() {
                    if let Some(item) = self.replace(item, &place.at(no))? {
                        resolved.push(item);
                    }
                }
                Ok(Some(Value::Array(resolved)))
            }
            plain => Ok(Some(plain.clone())),
        }
    }

    fn call(&self, function: &str, argument: &Value, place: &Place) -> Result<Option<Value>> {
        let place = &place.at(function);
        let known = match function {
            "Ref" => {
                let name = argument
                    .as_str()
                    .context(format!("{place}: names nothing"))?;
                if name == "AWS::NoValue" {
                    return Ok(None);
                }
                self.reference(name, place)?
            }
            "Fn::GetAtt" => {
                let path = match argument {
                    Value::String(path) => path.clone(),
                    Value::Array(parts) => parts
                        .iter()
                        .map(|part| self.text(part, place))
                        .collect::<Result<Vec<_>>>()?
                        .join("."),
                    _ => bail!("{place}: {argument} is neither [resource, attribute] nor a text"),
                };
                Value::String(self.get_attribute(&path, place)?)
            }
            "Fn::Sub" => Value::String(self.substitute(argument, place)?),
            "Fn::Join" => {
                let (separator, items) = self.text_and_list(argument, place)?;
                Value::String(items.join(&separator))
            }
            "Fn::Split" => {
                let (separator, text) = (
                    self.text(&argument[0], place)?,
                    self.text(&argument[1], place)?,
                );
                text.split(&separator).map(Value::from).collect()
            }
            "Fn::Select" => {
                let no: usize = self.text(&argument[0], place)?.parse()?;
                let items = self.resolve(&argument[1], place)?;
                items
                    .get(no)
                    .with_context(|| format!("{place}: the list has no item {no}"))?
                    .clone()
            }
            "Fn::If" => {
                let name = argument[0]
                    .as_str()
                    .with_context(|| format!("{place}: names no condition"))?;
                let branch = if self.condition(name, place)? { 1 } else { 2 };
                return self.replace(&argument[branch], &place.at(branch));
            }
            "Fn::FindInMap" => {
                let mut found = &Value::Object(self.mappings.clone());
                let mut keys = Vec::new();
                for no in 0..3 {
                    keys.push(self.text(&argument[no], place)?);
                }
                for key in &keys {
                    found = &found[key];
                }
                if found.is_null() {
                    bail!("{place}: the template maps nothing to {}", keys.join("."));
                }
                found.clone()
            }
            _ => bail!(
                "{place}: the twin does not know this function; write it with Ref, Fn::GetAtt, Fn::Sub, Fn::Join, Fn::Split, Fn::Select, Fn::If or Fn::FindInMap"
            ),
        };
        Ok(Some(known))
    }

    fn reference(&self, name: &str, place: &Place) -> Result<Value> {
        let pseudo = match name {
            "AWS::Region" => Some(REGION),
            "AWS::AccountId" => Some(ACCOUNT),
            "AWS::Partition" => Some("aws"),
            "AWS::URLSuffix" => Some("amazonaws.com"),
            "AWS::StackName" => Some("tributary"),
            _ => None,
        };
        if let Some(value) = pseudo {
            return Ok(Value::from(value));
        }
        if let Some(value) = self.parameters.get(name) {
            return Ok(value.clone());
        }
        match self.references.get(name) {
            Some(value) => Ok(Value::from(value.as_str())),
            None => bail!("{place}: the twin has no value for {name}"),
        }
    }

    fn get_attribute(&self, path: &str, place: &Place) -> Result<String> {
        let (id, name) = path
            .split_once('.')
            .with_context(|| format!("{place}: {path} names no attribute"))?;
        self.attributes
            .get(&(id.to_owned(), name.to_owned()))
            .cloned()
            .with_context(|| format!("{place}: the twin has no value for attribute {name} of {id}"))
    }

    /// `${Name}`, `${Resource.Attribute}`, and `${!literal}` which stays as `${literal}`.
    fn substitute(&self, argument: &Value, place: &Place) -> Result<String> {
        let (text, own) = match argument {
            Value::String(text) => (text.as_str(), &Value::Null),
            Value::Array(parts) if parts.len() == 2 => (
                parts[0]
                    .as_str()
                    .with_context(|| format!("{place}: has no text"))?,
                &parts[1],
            ),
            _ => bail!("{place}: {argument} is neither a text nor [text, values]"),
        };
        let mut result = String::new();
        let mut rest = text;
        while let Some(start) = rest.find("${") {
            result.push_str(&rest[..start]);
            let end = rest[start..]
                .find('}')
                .with_context(|| format!("{place}: \"{text}\" has a ${{ without its }}"))?
                + start;
            let name = &rest[start + 2..end];
            if let Some(literal) = name.strip_prefix('!') {
                result.push_str("${");
                result.push_str(literal);
                result.push('}');
            } else if let Some(value) = own.get(name) {
                result.push_str(&self.text(value, &place.at(name))?);
            } else if name.contains('.') {
                result.push_str(&self.get_attribute(name, place)?);
            } else {
                result.push_str(&self.text(&self.reference(name, place)?, place)?);
            }
            rest = &rest[end + 1..];
        }
        result.push_str(rest);
        Ok(result)
    }

    fn text_and_list(&self, argument: &Value, place: &Place) -> Result<(String, Vec<String>)> {
        let separator = self.text(&argument[0], place)?;
        let items = match self.resolve(&argument[1], place)? {
            Value::Array(items) => items
                .iter()
                .map(|item| self.text(item, place))
                .collect::<Result<_>>()?,
            other => bail!("{place}: {other} is not a list"),
        };
        Ok((separator, items))
    }

    /// Whether a named condition of the template holds.
    pub fn condition(&self, name: &str, place: &Place) -> Result<bool> {
        let rule = self
            .conditions
            .get(name)
            .with_context(|| format!("{place}: the template has no condition {name}"))?;
        self.holds(rule, &place.at(name))
    }

    fn holds(&self, rule: &Value, place: &Place) -> Result<bool> {
        let Some((function, argument)) = rule.as_object().and_then(|map| map.iter().next()) else {
            bail!("{place}: {rule} is not a condition");
        };
        let all = || -> Result<Vec<bool>> {
            let Value::Array(rules) = argument else {
                bail!("{place}: {argument} is not a list of conditions");
            };
            rules.iter().map(|rule| self.holds(rule, place)).collect()
        };
        match function.as_str() {
            "Fn::Equals" => Ok(self.text(&argument[0], place)? == self.text(&argument[1], place)?),
            "Fn::Not" => Ok(!self.holds(&argument[0], place)?),
            "Fn::And" => Ok(all()?.into_iter().all(|holds| holds)),
            "Fn::Or" => Ok(all()?.into_iter().any(|holds| holds)),
            "Condition" => {
                let name = argument
                    .as_str()
                    .with_context(|| format!("{place}: names no condition"))?;
                self.condition(name, place)
            }
            _ => bail!("{place}: {function} is not a condition function"),
        }
    }
}
