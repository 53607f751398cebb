//! Comparing short texts.

/// Whether two texts are the same. Names, keys and ids have a few bytes, for which a call to compare memory costs more
/// than comparing them.
#[inline]
pub(crate) fn same_bytes(some: &[u8], others: &[u8]) -> bool {
    let length = some.len();
    if length != others.len() {
        return false;
    }
    if length > 16 {
        return some == others;
    }
    if let (Some(first), Some(last)) = (some.first_chunk::<8>(), some.last_chunk::<8>()) {
        // the two overlap where there are less than sixteen bytes
        return others.first_chunk() == Some(first) && others.last_chunk() == Some(last);
    }
    if let (Some(first), Some(last)) = (some.first_chunk::<4>(), some.last_chunk::<4>()) {
        return others.first_chunk() == Some(first) && others.last_chunk() == Some(last);
    }
    some.first() == others.first() && some.last() == others.last() && some.get(1) == others.get(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_the_same_when_all_of_their_bytes_are() {
        for length in 0..40_usize {
            let text: Vec<u8> = (0..length as u8).collect();
            assert!(same_bytes(&text, &text.clone()), "{length}");
            for place in 0..length {
                let mut other = text.clone();
                other[place] ^= 0x80;
                assert!(!same_bytes(&text, &other), "{length} {place}");
            }
            let longer = [text.as_slice(), b"x"].concat();
            assert!(!same_bytes(&text, &longer), "{length}");
            assert!(!same_bytes(&longer, &text), "{length}");
        }
    }
}
