//! Where secrets lie: Secrets Manager, or memory in tests.

use serde_json::Value;
use std::future::Future;
use step::secrets::{SecretError, Secrets};

/// Reads and replaces secrets, each a JSON object.
pub trait SecretStore {
    /// The secret's JSON.
    fn read(&self, id: &str) -> impl Future<Output = Result<Value, SecretError>>;

    /// Replaces the secret's JSON.
    fn write(&self, id: &str, value: &Value) -> impl Future<Output = Result<(), SecretError>>;
}

impl SecretStore for Secrets {
    async fn read(&self, id: &str) -> Result<Value, SecretError> {
        Self::read(self, id).await
    }

    async fn write(&self, id: &str, value: &Value) -> Result<(), SecretError> {
        Self::write(self, id, value).await
    }
}
