//! Values the specification lists for a dimension. The platform adds to them: what is not here may exist all the same.

const MEDIA_TYPES: [&str; 11] = [
    "callback",
    "chat",
    "cobrowse",
    "email",
    "internalmessage",
    "message",
    "screenmonitoring",
    "screenshare",
    "unknown",
    "video",
    "voice",
];
const DIRECTIONS: [&str; 2] = ["inbound", "outbound"];

/// The values of a dimension as far as the specification lists them; `None` for one whose values are the customer's own.
pub fn known_values(dimension: &str) -> Option<&'static [&'static str]> {
    match dimension {
        "mediaType" => Some(&MEDIA_TYPES),
        "direction" | "originatingDirection" => Some(&DIRECTIONS),
        _ => None,
    }
}
