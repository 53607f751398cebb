//! What stands between clients and the engine: transports, identity, limits
