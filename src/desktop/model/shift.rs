//! The end of a shift: what should lie in the drawer, what was counted, and what is missing.

use serde::{Deserialize, Serialize};

use super::local;
use crate::desktop::words::Words;
use crate::domain::Vnd;
use crate::report::slip::{Slip, SlipLine};

/// The notes that are counted, in đồng.
pub const NOTES: [u32; 9] = [
    500_000, 200_000, 100_000, 50_000, 20_000, 10_000, 5_000, 2_000, 1_000,
];

/// What is typed at the end of a shift.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ShiftForm {
    /// What lay in the drawer at its beginning.
    pub opening: String,
    /// How many there are of each of [`NOTES`].
    pub notes: [String; NOTES.len()],
    /// The cash that was counted, where notes were not counted one by one.
    pub counted: String,
}

impl ShiftForm {
    /// What lay there at the beginning; nothing typed is nothing. `None`: it is no amount.
    pub fn opening(&self) -> Option<Vnd> {
        match self.opening.trim() {
            "" => Some(Vnd::ZERO),
            typed => Vnd::typed(typed).ok(),
        }
    }

    /// Notes with how many there are of each, without those of which there are none. `None`: a number
    /// is none.
    pub fn notes(&self) -> Option<Vec<(u32, u32)>> {
        let counts = NOTES.iter().zip(&self.notes).map(|(note, typed)| {
            let typed = typed.trim();
            let count = if typed.is_empty() {
                Some(0)
            } else {
                typed.parse().ok()
            };
            count.map(|count: u32| (*note, count))
        });
        let counts: Option<Vec<(u32, u32)>> = counts.collect();
        counts.map(|all| all.into_iter().filter(|(_, count)| *count > 0).collect())
    }

    /// What was counted: the notes, else the sum as typed. `None`: nothing yet, or nothing that can be
    /// read.
    pub fn counted(&self) -> Option<Vnd> {
        let notes = self.notes()?;
        if notes.is_empty() {
            return Vnd::typed(&self.counted).ok();
        }
        let sum = notes
            .iter()
            .map(|(note, count)| i64::from(*note) * i64::from(*count))
            .sum::<i64>();
        Vnd::try_from(sum).ok()
    }
}

/// A shift that is over.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shift {
    /// Who counted.
    pub who: String,
    /// Since when, in milliseconds since 1970.
    pub since_ms: i64,
    /// Until when.
    pub until_ms: i64,
    /// What lay in the drawer at its beginning.
    pub opening: Vnd,
    /// How many bills were paid in it.
    pub bills: usize,
    /// What was paid in it, and so taken from customers.
    pub paid: Vnd,
    /// Notes, with how many there were of each.
    pub notes: Vec<(u32, u32)>,
    /// What was counted.
    pub counted: Vnd,
}

impl Shift {
    /// What should have lain in the drawer.
    pub fn expected(&self) -> Vnd {
        self.opening.saturating_add(self.paid)
    }

    /// How far what was counted is off, in đồng.
    pub fn off_by(&self) -> i64 {
        self.counted.dong() - self.expected().dong()
    }

    /// As a slip of paper.
    pub fn slip(&self, shop: &str, words: &Words) -> Slip {
        let moment = |at_ms: i64| local(at_ms, "%d/%m/%Y %H:%M");
        let name = format!("ket-ca-{}", local(self.until_ms, "%Y%m%d-%H%M%S"));
        let mut slip = Slip::named(&name)
            .with(SlipLine::Title(shop.to_owned()))
            .with(SlipLine::Middle(words.shift_slip.to_owned()))
            .with(SlipLine::Rule)
            .with(SlipLine::Pair(words.operator.to_owned(), self.who.clone()))
            .with(SlipLine::Pair(
                words.shift_from.to_owned(),
                moment(self.since_ms),
            ))
            .with(SlipLine::Pair(
                words.shift_to.to_owned(),
                moment(self.until_ms),
            ))
            .with(SlipLine::Rule);
        for (note, count) in &self.notes {
            let sum = i64::from(*note) * i64::from(*count);
            let sum = Vnd::try_from(sum).unwrap_or_default();
            slip = slip.with(SlipLine::Pair(
                format!("{} × {count}", Vnd::fixed(*note)),
                sum.to_string(),
            ));
        }
        slip.with(SlipLine::Rule)
            .with(SlipLine::Pair(
                words.shift_opening.to_owned(),
                self.opening.to_string(),
            ))
            .with(SlipLine::Pair(
                (words.shift_paid)(self.bills),
                self.paid.to_string(),
            ))
            .with(SlipLine::Pair(
                words.cash_counted.to_owned(),
                self.counted.to_string(),
            ))
            .with(SlipLine::Rule)
            .with(SlipLine::Title(off(self.off_by(), words)))
    }
}

/// How far the cash is off, in words.
pub fn off(by: i64, words: &Words) -> String {
    let amount = Vnd::try_from(by.saturating_abs()).unwrap_or_default();
    match by {
        0 => words.cash_fits.to_owned(),
        ..0 => (words.cash_short)(&amount.to_string()),
        1.. => (words.cash_over)(&amount.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::desktop::words::Language;

    #[test]
    fn notes_are_counted_and_else_the_sum_is_taken() {
        let mut form = ShiftForm::default();
        assert_eq!((form.counted(), form.opening()), (None, Some(Vnd::ZERO)));
        form.counted = "412.000".into();
        assert_eq!(form.counted(), Some(Vnd::fixed(412_000)));
        form.notes[0] = "2".into();
        form.notes[8] = " 3 ".into();
        assert_eq!(
            form.counted(),
            Some(Vnd::fixed(1_003_000)),
            "notes go before"
        );
        form.notes[1] = "hai".into();
        assert_eq!(form.counted(), None, "what is no number is not left out");
        form.opening = "500k".into();
        assert_eq!(form.opening(), Some(Vnd::fixed(500_000)));
    }

    #[test]
    fn what_is_missing_is_said_in_words_and_stands_on_the_slip() {
        let mut shift = Shift {
            who: "Lan".into(),
            since_ms: 0,
            until_ms: 36_000_000,
            opening: Vnd::fixed(500_000),
            bills: 3,
            paid: Vnd::fixed(912_000),
            notes: vec![(500_000, 2), (200_000, 2), (10_000, 1)],
            counted: Vnd::fixed(1_410_000),
        };
        let words = Language::Vi.words();
        assert_eq!(off(shift.off_by(), words), "Thiếu 2.000 đ");
        let told = format!("{:?}", shift.slip("Hoàng Ngọc", words).lines);
        for text in [
            "KẾT CA",
            "Lan",
            "500.000 đ × 2",
            "Thiếu 2.000 đ",
            "912.000 đ",
        ] {
            assert!(told.contains(text), "{text} in {told}");
        }
        shift.counted = Vnd::fixed(1_412_000);
        assert_eq!(off(shift.off_by(), words), words.cash_fits);
    }
}
