//! A linear check of GraphQL text that runs before any parser sees it
