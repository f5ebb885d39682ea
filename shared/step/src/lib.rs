//! What every main needs: configuration, telemetry, the deadline, failure kinds, AWS clients.
