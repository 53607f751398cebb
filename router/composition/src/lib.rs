//! Federation 2 composition: subgraph schemas in, one supergraph out
