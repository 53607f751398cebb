//! Tests on real PostgreSQL: template databases, two tenants, drained events, an injected clock
