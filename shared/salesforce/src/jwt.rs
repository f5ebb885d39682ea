//! The signed assertion of the JWT bearer flow.

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use base64::Engine as _;
use base64::prelude::{BASE64_STANDARD, BASE64_URL_SAFE_NO_PAD};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use std::fmt;

/// Life of an assertion. Salesforce takes at most three minutes from its issue; a slow clock keeps some of it.
const LIFE_SECONDS: i64 = 150;

/// A key that cannot sign. The key itself is in no text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// No PEM, or another kind of PEM.
    #[error(
        "is no PKCS#8 PEM (-----BEGIN PRIVATE KEY-----); convert it with: openssl pkcs8 -topk8 -nocrypt -in key.pem"
    )]
    Pem,
    /// PEM around something else.
    #[error("is no RSA key of 2048 to 8192 bits in PKCS#8 form")]
    Rsa,
    /// The library refused to sign.
    #[error("could not sign the assertion")]
    Sign,
}

/// An RSA private key that signs assertions.
pub struct SigningKey(RsaKeyPair);

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("SigningKey(…)")
    }
}

impl SigningKey {
    /// Reads a PKCS#8 PEM. Line breaks may be missing or written as `\n`, as they often are once a key went through JSON.
    pub fn from_pem(pem: &SecretString) -> Result<Self, KeyError> {
        let text = pem.expose_secret().replace("\\n", "\n");
        let body: String = text
            .split_once("-----BEGIN PRIVATE KEY-----")
            .and_then(|(_, rest)| rest.split_once("-----END PRIVATE KEY-----"))
            .ok_or(KeyError::Pem)?
            .0
            .split_whitespace()
            .collect();
        let der = BASE64_STANDARD.decode(body).map_err(|_| KeyError::Pem)?;
        RsaKeyPair::from_pkcs8(&der)
            .map(Self)
            .map_err(|_| KeyError::Rsa)
    }

    /// An RS256 JWT with the four claims Salesforce asks for.
    pub fn assertion(
        &self,
        client_id: &str,
        username: &str,
        audience: &str,
        now: Timestamp,
    ) -> Result<SecretString, KeyError> {
        let claims = serde_json::json!({
            "iss": client_id,
            "sub": username,
            "aud": audience,
            "exp": now.as_second() + LIFE_SECONDS,
        });
        let mut jwt = format!(
            "{}.{}",
            BASE64_URL_SAFE_NO_PAD.encode(r#"{"alg":"RS256","typ":"JWT"}"#),
            BASE64_URL_SAFE_NO_PAD.encode(claims.to_string())
        );
        let mut signature = vec![0; self.0.public_modulus_len()];
        self.0
            .sign(
                &RSA_PKCS1_SHA256,
                &SystemRandom::new(),
                jwt.as_bytes(),
                &mut signature,
            )
            .map_err(|_| KeyError::Sign)?;
        jwt.push('.');
        jwt.push_str(&BASE64_URL_SAFE_NO_PAD.encode(signature));
        Ok(jwt.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use aws_lc_rs::encoding::{AsDer, Pkcs8V1Der};
    use aws_lc_rs::rsa::{KeyPair, KeySize};
    use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};

    fn key() -> (KeyPair, String) {
        let pair = KeyPair::generate(KeySize::Rsa2048).unwrap();
        let der: Pkcs8V1Der<'_> = pair.as_der().unwrap();
        let body = BASE64_STANDARD.encode(der.as_ref());
        let lines: Vec<&str> = body
            .as_bytes()
            .chunks(64)
            .map(|line| std::str::from_utf8(line).unwrap())
            .collect();
        let pem = format!(
            "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
            lines.join("\n")
        );
        (pair, pem)
    }

    #[test]
    fn the_assertion_is_signed_with_the_key_and_lives_under_three_minutes() {
        let (pair, pem) = key();
        let now: Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        for pem in [
            pem.clone(),
            pem.replace('\n', "\\n"),
            pem.replace('\n', "\r\n"),
        ] {
            let jwt = SigningKey::from_pem(&pem.into())
                .unwrap()
                .assertion(
                    "3MVG9",
                    "etl@acme.example",
                    "https://login.salesforce.com",
                    now,
                )
                .unwrap();
            let jwt = jwt.expose_secret();
            let (signed, signature) = jwt.rsplit_once('.').unwrap();
            let public =
                UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, pair.public_key().as_ref());
            let signature = BASE64_URL_SAFE_NO_PAD.decode(signature).unwrap();
            public.verify(signed.as_bytes(), &signature).unwrap();
            assert!(
                public
                    .verify(format!("{signed}x").as_bytes(), &signature)
                    .is_err()
            );

            let (head, claims) = signed.split_once('.').unwrap();
            assert_eq!(
                BASE64_URL_SAFE_NO_PAD.decode(head).unwrap(),
                br#"{"alg":"RS256","typ":"JWT"}"#
            );
            let claims: serde_json::Value =
                serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(claims).unwrap()).unwrap();
            assert_eq!(
                claims,
                serde_json::json!({"iss": "3MVG9", "sub": "etl@acme.example", "aud": "https://login.salesforce.com", "exp": 1_767_607_350})
            );
            assert!(claims["exp"].as_i64().unwrap() - now.as_second() <= 180);
        }
    }

    #[test]
    fn a_key_of_another_kind_is_refused_without_being_shown() {
        for (pem, error) in [
            ("hunter2", KeyError::Pem),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nhunter2\n-----END RSA PRIVATE KEY-----",
                KeyError::Pem,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\nhunter2!\n-----END PRIVATE KEY-----",
                KeyError::Pem,
            ),
            (
                "-----BEGIN PRIVATE KEY-----\naHVudGVyMg==\n-----END PRIVATE KEY-----",
                KeyError::Rsa,
            ),
        ] {
            let refused = SigningKey::from_pem(&pem.to_owned().into()).unwrap_err();
            assert_eq!(refused, error);
            assert!(!format!("{refused} {refused:?}").contains("hunter2"));
        }
        let (_, pem) = key();
        assert_eq!(
            format!("{:?}", SigningKey::from_pem(&pem.into()).unwrap()),
            "SigningKey(…)"
        );
    }
}
