//! One send for outside APIs: pace, authenticate, send, classify, repeat.
