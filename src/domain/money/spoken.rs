//! Amounts as people type them in a hurry: `350k`, `1tr2`, `3 triệu`, `2 tỷ rưỡi`.

use unicode_normalization::UnicodeNormalization;

use super::{MoneyFault, NotVnd, Vnd};

/// What stands behind a number, and what it is worth.
const UNITS: [(&str, i64); 13] = [
    ("nghìn", 1_000),
    ("nghin", 1_000),
    ("ngàn", 1_000),
    ("ngan", 1_000),
    ("k", 1_000),
    ("triệu", 1_000_000),
    ("trieu", 1_000_000),
    ("tr", 1_000_000),
    ("tỷ", 1_000_000_000),
    ("tỉ", 1_000_000_000),
    ("ty", 1_000_000_000),
    ("ti", 1_000_000_000),
    ("t", 1_000_000_000),
];
/// Half of the unit before it.
const HALF: [&str; 3] = ["rưỡi", "ruoi", "rưởi"];

/// An amount as people type it: all that [`Vnd`] reads, and numbers with a unit. What two people would read
/// as two amounts is refused.
pub fn spoken(text: &str) -> Result<Vnd, NotVnd> {
    let plain: Result<Vnd, NotVnd> = text.parse();
    match plain {
        Err(fault) if fault.why == MoneyFault::Letters => {}
        answer => return answer,
    }
    let refused = |why| NotVnd {
        text: text.to_owned(),
        why,
    };
    let dong = read(text).map_err(refused)?;
    Vnd::try_from(dong).map_err(|fault| refused(fault.why))
}

fn read(text: &str) -> Result<i64, MoneyFault> {
    let clean: String = text
        .nfc()
        .filter(|c| !c.is_whitespace())
        .collect::<String>()
        .to_lowercase();
    let mut rest = clean.as_str();
    for unit in ["vnd", "vnđ", "đồng", "đ", "₫"] {
        if let Some(bare) = rest.strip_suffix(unit) {
            rest = bare;
            break;
        }
    }
    let (mut sum, mut above) = (0_i64, None::<i64>);
    while !rest.is_empty() {
        if let Some(worth) = above
            && let Some(left) = HALF.iter().find_map(|half| rest.strip_prefix(half))
        {
            sum += worth / 2;
            rest = left;
            above = None;
            continue;
        }
        let end = rest
            .find(|c: char| !c.is_ascii_digit() && !matches!(c, '.' | ','))
            .unwrap_or(rest.len());
        let (number, left) = rest.split_at(end);
        if number.is_empty() {
            return Err(MoneyFault::Letters);
        }
        let unit = UNITS
            .iter()
            .find_map(|(name, worth)| Some((*worth, left.strip_prefix(name)?)));
        let (part, left) = match (unit, above) {
            // `1tr200k`: units go down.
            (Some((worth, left)), _) if above.is_none_or(|above| worth < above) => {
                above_is_free(sum, above)?;
                let part = parts_of(number, worth)?;
                above = Some(worth);
                (part, left)
            }
            (None, Some(worth)) => {
                above = None;
                (behind(number, worth)?, left)
            }
            _ => return Err(MoneyFault::Letters),
        };
        sum = sum.checked_add(part).ok_or(MoneyFault::TooLarge)?;
        rest = left;
    }
    Ok(sum)
}

/// After a half or a tail nothing more can come.
const fn above_is_free(sum: i64, above: Option<i64>) -> Result<(), MoneyFault> {
    if sum > 0 && above.is_none() {
        Err(MoneyFault::Letters)
    } else {
        Ok(())
    }
}

/// `1,5` of a unit. Three digits behind a point may be thousands or not.
fn parts_of(number: &str, worth: i64) -> Result<i64, MoneyFault> {
    let (whole, part) = number.split_once(['.', ',']).unwrap_or((number, ""));
    if part.contains(['.', ',']) || whole.is_empty() {
        return Err(MoneyFault::Grouping);
    }
    let whole: i64 = whole.parse().map_err(|_| MoneyFault::TooLarge)?;
    let whole = whole.checked_mul(worth).ok_or(MoneyFault::TooLarge)?;
    let part = match (number.len() == whole_len(number), part.len()) {
        (true, _) => 0,
        (false, 1) => digits(part)? * worth / 10,
        (false, 2) => digits(part)? * worth / 100,
        (false, 3) => return Err(MoneyFault::TwoWays),
        (false, _) => return Err(MoneyFault::Grouping),
    };
    whole.checked_add(part).ok_or(MoneyFault::TooLarge)
}

fn whole_len(number: &str) -> usize {
    number.find(['.', ',']).unwrap_or(number.len())
}

/// What follows a unit: `1tr2` is 1,2 and `1tr250` is 1,250. `1tr50` may be either of two amounts.
fn behind(number: &str, worth: i64) -> Result<i64, MoneyFault> {
    match number.len() {
        _ if number.contains(['.', ',']) => Err(MoneyFault::Grouping),
        1 => Ok(digits(number)? * worth / 10),
        2 => Err(MoneyFault::TwoWays),
        3 => Ok(digits(number)? * worth / 1_000),
        _ => Err(MoneyFault::Grouping),
    }
}

fn digits(text: &str) -> Result<i64, MoneyFault> {
    text.parse().map_err(|_| MoneyFault::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_are_read_as_people_type_them() {
        for (text, expected) in [
            ("350000", 350_000),
            ("350.000", 350_000),
            ("350.000 đ", 350_000),
            ("350k", 350_000),
            ("350 K", 350_000),
            ("350 nghìn", 350_000),
            ("350 ngàn đồng", 350_000),
            ("1tr", 1_000_000),
            ("1tr2", 1_200_000),
            ("1 tr 2", 1_200_000),
            ("1tr250", 1_250_000),
            ("1tr050", 1_050_000),
            ("1,5tr", 1_500_000),
            ("1.25 triệu", 1_250_000),
            ("3 triệu", 3_000_000),
            ("3 trieu", 3_000_000),
            ("2 triệu rưỡi", 2_500_000),
            ("1 triệu 200 nghìn", 1_200_000),
            ("1tr200k", 1_200_000),
            ("1 tỷ 2", 1_200_000_000),
            ("2 tỷ rưỡi", 2_500_000_000),
            ("99k5", 99_500),
        ] {
            assert_eq!(spoken(text).map(Vnd::dong), Ok(expected), "{text}");
        }
    }

    #[test]
    fn what_is_no_amount_or_two_is_refused() {
        for (text, why) in [
            ("", MoneyFault::Empty),
            ("ba triệu", MoneyFault::Letters),
            ("triệu", MoneyFault::Letters),
            ("350x", MoneyFault::Letters),
            ("1k2tr", MoneyFault::Letters),
            ("1tr2k5tr", MoneyFault::Letters),
            ("1tr50", MoneyFault::TwoWays),
            ("1.500k", MoneyFault::TwoWays),
            ("1.5", MoneyFault::Grouping),
            ("-350k", MoneyFault::Negative),
            ("9999999 tỷ", MoneyFault::TooLarge),
            ("99999999999999999999k", MoneyFault::TooLarge),
        ] {
            assert_eq!(spoken(text).map_err(|f| f.why), Err(why), "{text}");
        }
    }
}
