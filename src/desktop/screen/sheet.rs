//! The sheet above the buttons: what *Bắt đầu* will do, before it does.

use egui::{Frame, Margin, RichText, Stroke, Ui};

use crate::desktop::model::Model;
use crate::desktop::style::Tone;
use crate::domain::Vnd;

/// One calm word on what will happen, with the table still readable.
pub fn before_a_payment(ui: &mut Ui, model: &Model) {
    let (tab, words) = (model.tab(), model.words());
    let service = model.service();
    if !model.ahead().is_shown() {
        return;
    }
    let dark = ui.visuals().dark_mode;
    let (count, sum) = tab
        .sums()
        .rehearsed()
        .unwrap_or_else(|| (tab.list.jobs.len(), tab.list.known_total()));
    let headline = headline(model, count, sum);
    Frame::new()
        .inner_margin(Margin::symmetric(12, 8))
        .stroke(Stroke::new(1.0, ui.visuals().weak_text_color()))
        .corner_radius(6)
        .show(ui, |ui| {
            ui.set_width(ui.available_width());
            ui.horizontal_wrapped(|ui| {
                ui.label(RichText::new(headline).strong().size(16.0));
                if let Some(minutes) = model.ahead().minutes() {
                    ui.label((words.takes_about)(minutes));
                }
                if let (true, Some(before), false) =
                    (service.is_payment(), model.balance, sum.is_zero())
                {
                    let after = before.dong() - sum.dong();
                    if let Ok(after) = Vnd::try_from(after) {
                        ui.label((words.after_it)(&before.to_string(), &after.to_string()));
                    } else {
                        let short = Vnd::try_from(-after).unwrap_or(Vnd::ZERO);
                        ui.label(
                            RichText::new((words.too_little)(&short.to_string()))
                                .color(Tone::Bad.ink(dark))
                                .strong(),
                        );
                    }
                }
            });
            ui.horizontal_wrapped(|ui| {
                if service.is_payment() {
                    ui.label(RichText::new(limits(model)).small());
                }
                if tab.known.0 > 0 {
                    ui.label(
                        RichText::new((words.paid_before)(tab.known.0))
                            .color(Tone::Doubt.ink(dark))
                            .small(),
                    );
                }
                if tab.known.1 > 0 {
                    ui.label(
                        RichText::new((words.in_doubt_before)(tab.known.1))
                            .color(Tone::Doubt.ink(dark))
                            .small(),
                    );
                }
                if let Some((count, first)) = &tab.odd {
                    ui.label(
                        RichText::new((words.odd_codes)(*count, first, (words.service)(service)))
                            .color(Tone::Doubt.ink(dark))
                            .strong(),
                    );
                }
                let (wrong, twice) = (tab.list.errors.len(), tab.list.duplicates.len());
                if wrong + twice > 0 {
                    ui.label(
                        RichText::new((words.left_out)(wrong, twice))
                            .color(Tone::Doubt.ink(dark))
                            .small(),
                    );
                }
            });
        });
}

/// What will be done, how often and for how much.
fn headline(model: &Model, count: usize, sum: Vnd) -> String {
    let (tab, words) = (model.tab(), model.words());
    let is_quoted = tab.sums().rehearsed().is_some();
    if !model.service().is_payment() {
        return (words.will_look_up)(count);
    }
    if tab.sums().has_kinds() && !is_quoted {
        let (top_ups, sum, debts) = tab.sums().kinds();
        let top_ups = (top_ups > 0).then(|| (words.will_top_up)(top_ups, &sum.to_string()));
        let debts = (debts > 0).then(|| (words.will_clear)(debts));
        let both: Vec<String> = top_ups.into_iter().chain(debts).collect();
        return both.join("; ");
    }
    if sum.is_zero() {
        return (words.will_pay_quoted)(count);
    }
    let jobs = tab.list.jobs.iter();
    let open = jobs.filter(|job| job.amount.is_none() && !is_quoted);
    match open.count() {
        0 => (words.will_pay)(count, &sum.to_string()),
        quoted => (words.will_pay_some_quoted)(count, &sum.to_string(), quoted),
    }
}

/// What limits payments, in words.
pub(super) fn limits(model: &Model) -> String {
    let words = model.words();
    let limits = &model.limits;
    let named = [
        (words.per_job, limits.per_job),
        (words.per_batch, limits.per_batch),
        (words.per_day, limits.per_day),
    ];
    let set: Vec<String> = named
        .into_iter()
        .filter_map(|(name, most)| most.map(|most| format!("{name} {most}")))
        .collect();
    if set.is_empty() {
        words.no_limits.to_owned()
    } else {
        (words.limits)(&set.join(" · "))
    }
}
