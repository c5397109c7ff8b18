//! Letters at random: tokens, passwords for once, recovery codes.

/// None that are mistaken for each other.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// So many letters at random, five bits each.
pub(crate) fn letters(count: usize) -> String {
    (0..count)
        .map(|_| char::from(LETTERS[usize::from(rand::random::<u8>() & 31)]))
        .collect()
}
