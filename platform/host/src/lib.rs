//! Boot: configuration, telemetry, listeners, relay, consumers, jobs, shutdown
