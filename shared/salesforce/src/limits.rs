//! How much of the organisation's daily allocation is used: the one signal Salesforce sends about its limits.

use std::fmt;

/// Response header that carries the usage.
pub const LIMIT_HEADER: &str = "sforce-limit-info";

/// Calls of the last 24 hours against the allocation, all clients of the organisation together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Usage {
    /// Calls made.
    pub used: u64,
    /// Calls allowed.
    pub limit: u64,
}

impl Usage {
    /// Reads `api-usage=18/5000`, wherever it stands in the header: other parts may surround it.
    pub fn parse(header: &str) -> Option<Self> {
        let part = header
            .split([',', ';', ' '])
            .find_map(|part| part.trim().strip_prefix("api-usage="))?;
        let (used, limit) = part.split_once('/')?;
        let digits = limit.find(|c: char| !c.is_ascii_digit());
        Some(Self {
            used: used.trim().parse().ok()?,
            limit: limit[..digits.unwrap_or(limit.len())].parse().ok()?,
        })
    }

    /// Whether `share_percent` of the allocation is used up.
    pub const fn reaches(self, share_percent: u32) -> bool {
        self.limit > 0
            && self.used.saturating_mul(100) >= self.limit.saturating_mul(share_percent as u64)
    }
}

impl fmt::Display for Usage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} of {}", self.used, self.limit)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_usage_among_other_parts() {
        let usage = Some(Usage {
            used: 18,
            limit: 5000,
        });
        assert_eq!(Usage::parse("api-usage=18/5000"), usage);
        assert_eq!(
            Usage::parse("api-usage=18/5000; per-app-api-usage=17/250(appName=sample)"),
            usage
        );
        assert_eq!(
            Usage::parse("per-app-api-usage=17/250(appName=sample), api-usage=18/5000"),
            usage
        );
        assert_eq!(Usage::parse("api-usage=many/5000"), None);
        assert_eq!(Usage::parse(""), None);
    }

    #[test]
    fn a_share_is_reached_exactly_at_its_percentage() {
        let usage = |used| Usage { used, limit: 5000 };
        assert!(!usage(3999).reaches(80));
        assert!(usage(4000).reaches(80));
        assert!(!Usage { used: 1, limit: 0 }.reaches(80));
    }
}
