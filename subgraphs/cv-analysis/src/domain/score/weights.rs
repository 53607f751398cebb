//! How much each part of a score is worth.

use serde::{Deserialize, Serialize};

/// How many points each part is worth, in hundredths.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Weights {
    /// Name of this set.
    pub version: String,
    /// Required skills.
    pub required: u32,
    /// Preferred skills.
    pub preferred: u32,
    /// Experience.
    pub experience: u32,
    /// Education.
    pub education: u32,
}

impl Default for Weights {
    fn default() -> Self {
        Self {
            version: "50-20-20-10.v1".to_owned(),
            required: 5000,
            preferred: 2000,
            experience: 2000,
            education: 1000,
        }
    }
}

impl Weights {
    /// Whether the parts sum up to a hundred points.
    pub fn is_sound(&self) -> bool {
        [self.preferred, self.experience, self.education]
            .iter()
            .try_fold(self.required, |sum, part| sum.checked_add(*part))
            == Some(10_000)
    }
}
