//! CVs read, matched to jobs and scored
