//! Selection rates by group and their ratio to the best group's: the four-fifths rule of the Uniform Guidelines on Employee
//! Selection Procedures (29 CFR 1607.4 D), as New York City's Local Law 144 has it reported.
//!
//! Groups are supplied by the tenant from what candidates said of themselves. Nothing here infers one, and no score sees them.

/// Ratio below which a group is selected notably less often, in hundredths of a percent.
const FOUR_FIFTHS: u64 = 8_000;
/// A whole, in hundredths of a percent.
const WHOLE: u64 = 10_000;
/// Candidates below which a rate says little.
const FEW: usize = 30;

/// One group of candidates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Group {
    /// Name, as the tenant calls it.
    pub name: String,
    /// For each candidate whether they were selected.
    pub selected: Vec<bool>,
}

/// What is reported of a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rate {
    /// Name.
    pub name: String,
    /// Candidates.
    pub candidates: usize,
    /// Selected ones.
    pub selected: usize,
    /// Selected of all, in hundredths of a percent.
    pub rate: u64,
    /// This rate over the highest one, in hundredths of a percent; `None` where nobody was selected at all.
    pub impact_ratio: Option<u64>,
    /// Whether the ratio is below four fifths.
    pub below_four_fifths: bool,
    /// Whether there are too few candidates to say much.
    pub few: bool,
}

/// The report, in the order of the groups; groups without candidates are left out.
pub fn report(groups: &[Group]) -> Vec<Rate> {
    let counted: Vec<(&Group, u64, u64)> = groups
        .iter()
        .filter(|group| !group.selected.is_empty())
        .map(|group| {
            let all = u64::try_from(group.selected.len()).unwrap_or(u64::MAX);
            let chosen = group.selected.iter().filter(|selected| **selected).count();
            (group, u64::try_from(chosen).unwrap_or(u64::MAX), all)
        })
        .collect();
    // fractions are compared crosswise, so that rounding decides nothing
    let best = counted
        .iter()
        .map(|&(_, chosen, all)| (chosen, all))
        .max_by(|one, other| (one.0 * other.1).cmp(&(other.0 * one.1)))
        .filter(|(chosen, _)| *chosen > 0);
    counted
        .into_iter()
        .map(|(group, chosen, all)| {
            let ratio = best.map(|(most, of)| (chosen * of, all * most));
            Rate {
                name: group.name.clone(),
                candidates: group.selected.len(),
                selected: usize::try_from(chosen).unwrap_or(usize::MAX),
                rate: (chosen * WHOLE + all / 2) / all,
                impact_ratio: ratio.map(|(part, whole)| (part * WHOLE + whole / 2) / whole),
                below_four_fifths: ratio
                    .is_some_and(|(part, whole)| part * WHOLE < whole * FOUR_FIFTHS),
                few: group.selected.len() < FEW,
            }
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn group(name: &str, selected: usize, of: usize) -> Group {
        Group {
            name: name.to_owned(),
            selected: (0..of).map(|number| number < selected).collect(),
        }
    }

    #[test]
    fn ratios_follow_the_four_fifths_rule_to_the_point() {
        let rates = report(&[
            group("a", 48, 80),
            group("b", 12, 40),
            group("c", 48, 100),
            group("d", 0, 0),
        ]);
        assert_eq!(
            rates
                .iter()
                .map(|rate| (
                    rate.rate,
                    rate.impact_ratio,
                    rate.below_four_fifths,
                    rate.few
                ))
                .collect::<Vec<_>>(),
            [
                (6000, Some(10_000), false, false),
                (3000, Some(5000), true, false),
                (4800, Some(8000), false, false),
            ]
        );
    }

    #[test]
    fn where_nobody_is_selected_there_is_no_ratio() {
        let rates = report(&[group("a", 0, 3), group("b", 0, 2)]);
        assert!(
            rates
                .iter()
                .all(|rate| rate.impact_ratio.is_none() && !rate.below_four_fifths && rate.few)
        );
        assert!(report(&[]).is_empty());
    }

    proptest::proptest! {
        #[test]
        fn the_best_group_has_the_whole_and_nobody_more(counts in proptest::collection::vec((0usize..50, 1usize..50), 1..6)) {
            let groups: Vec<Group> = counts.iter().map(|&(some, of)| group("g", some.min(of), of)).collect();
            let rates = report(&groups);
            proptest::prop_assert!(rates.iter().all(|rate| rate.impact_ratio.is_none_or(|ratio| ratio <= WHOLE)));
            if rates.iter().any(|rate| rate.selected > 0) {
                proptest::prop_assert!(rates.iter().any(|rate| rate.impact_ratio == Some(WHOLE)));
            }
        }
    }
}
