//! Renews the access token of a source; the only writer of tokens.
