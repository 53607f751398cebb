//! Who is asking: tokens of clients, assertions between router and subgraphs
