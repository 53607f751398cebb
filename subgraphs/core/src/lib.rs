//! Tenants, users, sign-in, roles
