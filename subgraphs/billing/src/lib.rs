//! Catalogue, trials, licences
