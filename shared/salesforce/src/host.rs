//! Which hosts a credential or a token may be sent to.

use model::region::is_loopback;
use reqwest::Url;

/// A URL that is no place to send a secret to.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error(
    "{key} = {url:?}: {rule}; use https:// and a host under salesforce.com or force.com, such as https://acme.my.salesforce.com"
)]
pub struct HostError {
    key: String,
    url: String,
    rule: &'static str,
}

/// Domains Salesforce serves logins and organisations from.
const DOMAINS: [&str; 2] = [".salesforce.com", ".force.com"];

/// The origin of `url` (no trailing slash) if it is one of Salesforce's hosts over https, or this machine. `key` is the
/// word an error names it by: `login_url`, `instance_url`.
pub fn check_host(key: &str, url: &str) -> Result<String, HostError> {
    let refuse = |rule| {
        // What stands before an `@` could be a password; a query could be a token.
        let shown = url.split(['?', '#']).next().unwrap_or_default();
        let shown = if shown.contains('@') {
            "…@…"
        } else {
            shown
        };
        Err(HostError {
            key: key.to_owned(),
            url: shown.chars().take(200).collect(),
            rule,
        })
    };
    let Ok(parsed) = Url::parse(url.trim()) else {
        return refuse("this is no URL");
    };
    if !parsed.username().is_empty() || parsed.password().is_some() {
        return refuse("it must not carry a user or a password");
    }
    if parsed.path() != "/" || parsed.query().is_some() || parsed.fragment().is_some() {
        return refuse("it must be a host alone, without a path");
    }
    let origin = parsed.origin().ascii_serialization();
    if is_loopback(&origin) {
        return Ok(origin);
    }
    if parsed.scheme() != "https" {
        return refuse("it must be https");
    }
    if parsed.port().is_some() {
        return refuse("it must not name a port");
    }
    let host = parsed.host_str().unwrap_or_default();
    if !DOMAINS
        .iter()
        .any(|domain| host.len() > domain.len() && host.ends_with(domain))
    {
        return refuse("this host is not Salesforce's, so no secret is sent to it");
    }
    Ok(origin)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn takes_salesforce_hosts_and_this_machine() {
        for (url, origin) in [
            (
                "https://login.salesforce.com",
                "https://login.salesforce.com",
            ),
            (
                "https://Acme.my.salesforce.com/",
                "https://acme.my.salesforce.com",
            ),
            (
                "https://acme--uat.sandbox.my.salesforce.com",
                "https://acme--uat.sandbox.my.salesforce.com",
            ),
            (
                "https://acme.lightning.force.com",
                "https://acme.lightning.force.com",
            ),
            ("http://127.0.0.1:4010", "http://127.0.0.1:4010"),
        ] {
            assert_eq!(check_host("login_url", url).as_deref(), Ok(origin));
        }
    }

    #[test]
    fn refuses_every_other_place() {
        for url in [
            "http://acme.my.salesforce.com",
            "https://salesforce.com.evil.example",
            "https://evilsalesforce.com",
            "https://.salesforce.com",
            "https://acme.my.salesforce.com@evil.example",
            "https://acme.my.salesforce.com:8443",
            "https://acme.my.salesforce.com/services",
            "https://acme.my.salesforce.com.",
            "http://127.0.0.1@evil.example/",
            "acme.my.salesforce.com",
            "",
        ] {
            assert!(check_host("login_url", url).is_err(), "{url} was accepted");
        }
    }

    #[test]
    fn says_what_to_write_instead() {
        let error = check_host("login_url", "https://crm.evil.example").unwrap_err();
        insta::assert_snapshot!(error, @r#"login_url = "https://crm.evil.example": this host is not Salesforce's, so no secret is sent to it; use https:// and a host under salesforce.com or force.com, such as https://acme.my.salesforce.com"#);
        let error = check_host("login_url", "https://me:hunter2@evil.example").unwrap_err();
        assert!(!error.to_string().contains("hunter2"));
    }
}
