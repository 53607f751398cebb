//! Takes out of a set what a property does not need

use super::text::{Set, directives};

/// The smallest set found that still has the property.
pub(crate) fn shrink(mut set: Set, holds: &mut dyn FnMut(&Set) -> bool) -> Set {
    loop {
        let before = set.clone();
        let attempt = |set: &mut Set, smaller: Set, holds: &mut dyn FnMut(&Set) -> bool| {
            let whole = smaller.0.iter().all(|sub| !sub.blocks.is_empty());
            let better = whole && holds(&smaller);
            if better {
                *set = smaller;
            }
            better
        };
        for sub in (0..set.0.len()).rev() {
            if set.0.len() > 1 {
                let mut smaller = set.clone();
                smaller.0.remove(sub);
                attempt(&mut set, smaller, holds);
            }
        }
        for sub in 0..set.0.len() {
            for block in (0..set.0[sub].blocks.len()).rev() {
                let mut smaller = set.clone();
                smaller.0[sub].blocks.remove(block);
                if attempt(&mut set, smaller, holds) {
                    continue;
                }
                for member in (0..set.0[sub].blocks[block].members.len()).rev() {
                    if set.0[sub].blocks[block].members.len() > 1 {
                        let mut smaller = set.clone();
                        smaller.0[sub].blocks[block].members.remove(member);
                        attempt(&mut set, smaller, holds);
                    }
                }
            }
        }
        for line in set.lines() {
            for range in directives(set.line(line)).into_iter().rev() {
                let mut smaller = set.clone();
                smaller.line(line).replace_range(range, "");
                attempt(&mut set, smaller, holds);
            }
        }
        if set == before {
            return set;
        }
    }
}
