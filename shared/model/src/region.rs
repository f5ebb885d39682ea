//! The regions Genesys Cloud runs in. A secret is sent to no other host.

use std::fmt;

/// AWS region and domain of each Genesys Cloud region; the API is at `api.<domain>`, the login at `login.<domain>`.
/// Source: the vendor's SDK, `PureCloudRegionHosts` of 269.0.0.
const REGIONS: [(&str, &str); 18] = [
    ("us-east-1", "mypurecloud.com"),
    ("us-west-2", "usw2.pure.cloud"),
    ("us-east-2", "use2.us-gov-pure.cloud"),
    ("ca-central-1", "cac1.pure.cloud"),
    ("mx-central-1", "mxc1.pure.cloud"),
    ("sa-east-1", "sae1.pure.cloud"),
    ("ap-northeast-1", "mypurecloud.jp"),
    ("ap-northeast-2", "apne2.pure.cloud"),
    ("me-central-1", "mec1.pure.cloud"),
    ("ap-northeast-3", "apne3.pure.cloud"),
    ("ap-south-1", "aps1.pure.cloud"),
    ("ap-southeast-1", "apse1.pure.cloud"),
    ("ap-southeast-2", "mypurecloud.com.au"),
    ("eu-west-1", "mypurecloud.ie"),
    ("eu-west-2", "euw2.pure.cloud"),
    ("eu-central-1", "mypurecloud.de"),
    ("eu-central-2", "euc2.pure.cloud"),
    ("eusc-de-east-1", "edee1.eusc-pure.cloud"),
];

/// A known Genesys Cloud region.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Region {
    domain: &'static str,
}

/// A name that is no Genesys Cloud region.
#[derive(Debug, thiserror::Error)]
#[error(
    "GENESYS_REGION {0:?} is no known region; use its domain (mypurecloud.de) or AWS region (eu-central-1), one of: {1}"
)]
pub struct UnknownRegion(String, String);

impl Region {
    /// The region with this domain (`mypurecloud.de`) or AWS region (`eu-central-1`).
    pub fn parse(name: &str) -> Result<Self, UnknownRegion> {
        REGIONS
            .iter()
            .find(|(aws, domain)| *aws == name || *domain == name)
            .map(|&(_, domain)| Self { domain })
            .ok_or_else(|| {
                let known: Vec<_> = REGIONS.iter().map(|(_, domain)| *domain).collect();
                UnknownRegion(name.to_owned(), known.join(", "))
            })
    }

    /// Base URL of the Platform API, without a trailing slash.
    pub fn api_url(self) -> String {
        format!("https://api.{}", self.domain)
    }

    /// Base URL of the login host, without a trailing slash.
    pub fn login_url(self) -> String {
        format!("https://login.{}", self.domain)
    }
}

impl fmt::Display for Region {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.domain)
    }
}

/// Whether `url` points at this machine: the only override of a vendor's host that is accepted, so that a wrong or
/// malicious setting cannot send a secret elsewhere.
pub fn is_loopback(url: &str) -> bool {
    let Some(rest) = url
        .strip_prefix("http://")
        .or_else(|| url.strip_prefix("https://"))
    else {
        return false;
    };
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    if authority.contains('@') {
        return false;
    }
    let host = authority
        .rsplit_once(':')
        .map_or(authority, |(host, _)| host);
    host == "127.0.0.1" || host == "localhost" || host == "[::1]"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_region_is_known_by_domain_and_by_aws_name() {
        assert_eq!(
            Region::parse("eu-central-1").unwrap().api_url(),
            "https://api.mypurecloud.de"
        );
        assert_eq!(
            Region::parse("mypurecloud.com").unwrap().login_url(),
            "https://login.mypurecloud.com"
        );
    }

    #[test]
    fn an_unknown_region_is_refused_by_name() {
        let error = Region::parse("mypurecloud.evil").unwrap_err().to_string();
        assert!(error.starts_with(r#"GENESYS_REGION "mypurecloud.evil" is no known region"#));
    }

    #[test]
    fn only_this_machine_counts_as_loopback() {
        assert!(is_loopback("http://127.0.0.1:4566/x"));
        assert!(!is_loopback("http://127.0.0.1@evil.example/"));
        assert!(!is_loopback("http://127.0.0.1.evil.example/"));
        assert!(!is_loopback("ftp://127.0.0.1/"));
    }
}
