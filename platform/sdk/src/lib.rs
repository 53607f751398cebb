//! Everything that a module's code sees of the platform
