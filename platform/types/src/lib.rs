//! Ids, pages, money and the event trait; no business nouns, no I/O
