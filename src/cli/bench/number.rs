//! Counts as numbers to reckon with.

/// A count as a fraction's part; beyond what a bench can count, the largest number.
pub(super) fn small(n: u64) -> f64 {
    u32::try_from(n).map_or(f64::MAX, f64::from)
}
