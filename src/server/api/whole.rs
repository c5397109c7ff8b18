//! Whole numbers as JSON has them: `5` and `5.0` are one number, and some programs write all of theirs the second
//! way.

use serde::de::{Deserializer, Error, Visitor};
use serde::{Deserialize, Serialize};

/// The largest number up to which every whole one has a form of its own among those with a point.
const EXACT_MAX: f64 = 9_007_199_254_740_992.0;

/// A whole number that came in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Whole(pub i64);

impl<'de> Deserialize<'de> for Whole {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Number;
        impl Visitor<'_> for Number {
            type Value = Whole;

            fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str("a whole number")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<Whole, E> {
                Ok(Whole(number))
            }

            fn visit_u64<E: Error>(self, number: u64) -> Result<Whole, E> {
                let whole = i64::try_from(number);
                whole.map(Whole).map_err(|_| E::custom("too large"))
            }

            #[expect(
                clippy::cast_possible_truncation,
                reason = "whole, and within what is exact"
            )]
            fn visit_f64<E: Error>(self, number: f64) -> Result<Whole, E> {
                if number.fract() == 0.0 && number.abs() <= EXACT_MAX {
                    Ok(Whole(number as i64))
                } else {
                    Err(E::custom("a whole number is needed"))
                }
            }
        }
        deserializer.deserialize_any(Number)
    }
}

/// A whole number of any kind that such a one can be.
pub(super) fn whole<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
    T::Error: std::fmt::Display,
{
    let Whole(number) = Whole::deserialize(deserializer)?;
    T::try_from(number).map_err(D::Error::custom)
}

/// The same, or nothing.
pub(super) fn whole_or_none<'de, D, T>(deserializer: D) -> Result<Option<T>, D::Error>
where
    D: Deserializer<'de>,
    T: TryFrom<i64>,
    T::Error: std::fmt::Display,
{
    let number = Option::<Whole>::deserialize(deserializer)?;
    let number = number.map(|Whole(number)| T::try_from(number));
    number.transpose().map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_whole_number_is_one_however_it_is_written() {
        let read = |json: &str| {
            serde_json::from_str::<Whole>(json)
                .ok()
                .map(|whole| whole.0)
        };
        assert_eq!(read("5"), Some(5));
        assert_eq!(read("-5.0"), Some(-5));
        assert_eq!(read("1e3"), Some(1_000));
        for bad in [
            "5.5",
            "1e300",
            "9223372036854775808",
            "\"5\"",
            "null",
            "true",
        ] {
            assert_eq!(read(bad), None, "{bad}");
        }
    }
}
