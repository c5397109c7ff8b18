//! What an order costs: the one place where totals are computed.

/// A line of an order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Line {
    /// How many.
    pub quantity: i64,
    /// Of one, in đồng.
    pub unit_price: i64,
    /// Off the whole line, in đồng.
    pub discount: i64,
}

impl Line {
    /// What the line costs. Never negative: a discount larger than the line makes it free, not a
    /// gift of money.
    pub fn price(self) -> i64 {
        self.quantity
            .max(0)
            .saturating_mul(self.unit_price.max(0))
            .saturating_sub(self.discount.max(0))
            .max(0)
    }
}

/// What the order costs: its lines, and the order's own discount off them.
pub fn total(lines: &[Line], discount: i64) -> i64 {
    let sum = lines
        .iter()
        .fold(0_i64, |sum, line| sum.saturating_add(line.price()));
    sum.saturating_sub(discount.max(0)).max(0)
}

/// What a product is sold for: percent off first, rounded to the shop's disadvantage by less than a
/// đồng, then đồng off.
pub fn final_price(price: i64, percent: i64, discount: i64) -> i64 {
    let price = price.max(0);
    let left = i64::try_from(i128::from(price) * i128::from(100 - percent.clamp(0, 100)) / 100)
        .unwrap_or(price);
    left.saturating_sub(discount.max(0)).max(0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn line(quantity: i64, unit_price: i64, discount: i64) -> Line {
        Line {
            quantity,
            unit_price,
            discount,
        }
    }

    #[test]
    fn an_order_costs_its_lines_less_its_discount() {
        assert_eq!(
            total(&[line(2, 50_000, 0), line(1, 120_000, 20_000)], 10_000),
            190_000
        );
        assert_eq!(total(&[], 10_000), 0);
        assert_eq!(total(&[line(1, 5_000, 9_000)], 0), 0, "free, not a gift");
        assert_eq!(final_price(100_000, 10, 5_000), 85_000);
        assert_eq!(final_price(999, 33, 0), 669);
    }

    proptest! {
        #[test]
        fn a_total_is_never_negative_and_never_more_than_its_lines(
            lines in proptest::collection::vec((0..1_000_i64, 0..10_000_000_i64, 0..100_000_i64), 0..20), discount in 0..1_000_000_i64,
        ) {
            let lines: Vec<Line> = lines.into_iter().map(|(q, u, d)| line(q, u, d)).collect();
            let full: i64 = lines.iter().map(|l| l.quantity * l.unit_price).sum();
            let total = total(&lines, discount);
            prop_assert!((0..=full).contains(&total));
        }
    }
}
