//! Environment variables, read once and typed.

use model::{Classify, Kind};
use serde::de::DeserializeOwned;

/// A variable is missing or has the wrong form.
#[derive(Debug, thiserror::Error)]
#[error("environment of the function: {0}; set it in infra/template.yaml")]
pub struct ConfigError(String);

impl Classify for ConfigError {
    fn kind(&self) -> Kind {
        Kind::Invalid
    }
}

/// Reads every variable of `T` from the environment (`field_name` ← `FIELD_NAME`). An empty variable counts as missing:
/// a template cannot leave one out.
pub fn config<T: DeserializeOwned>() -> Result<T, ConfigError> {
    let variables = std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(_, value)| !value.is_empty());
    from_variables(variables)
}

fn from_variables<T: DeserializeOwned>(
    variables: impl Iterator<Item = (String, String)>,
) -> Result<T, ConfigError> {
    envy::from_iter(variables).map_err(|error| {
        ConfigError(match error {
            envy::Error::MissingValue(field) => {
                format!("variable {} is missing", field.to_uppercase())
            }
            envy::Error::Custom(text) => text,
        })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, serde::Deserialize)]
    struct Config {
        #[allow(dead_code)]
        bucket: String,
    }

    #[test]
    fn a_missing_variable_is_named() {
        let error = from_variables::<Config>(std::iter::empty()).unwrap_err();
        assert_eq!(
            error.to_string(),
            "environment of the function: variable BUCKET is missing; set it in infra/template.yaml"
        );
    }
}
