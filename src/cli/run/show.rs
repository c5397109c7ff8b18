//! A batch as the terminal shows it.

use std::io::IsTerminal;

use indicatif::{HumanDuration, ProgressBar, ProgressStyle};
use serde_json::Value;
use tokio::sync::mpsc::UnboundedReceiver;

use crate::cli::{say, tell};
use crate::domain::Service;
use crate::domain::calendar::minute_of;
use crate::engine::Progress;

/// What the listener knows when the batch is over.
#[derive(Default)]
pub(super) struct Shown {
    pub(super) batch: Option<String>,
    /// The last event, held back until the report's path is known.
    pub(super) last: Option<Value>,
}

pub(super) async fn show(
    mut events: UnboundedReceiver<Progress>,
    is_json: bool,
    service: Service,
) -> Shown {
    let bar = if is_json || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        new_bar()
    };
    let mut shown = Shown::default();
    while let Some(event) = events.recv().await {
        let json = serde_json::to_value(&event).unwrap_or_default();
        if matches!(event, Progress::BatchFinished { .. }) {
            shown.last = Some(json);
        } else if is_json {
            say(&json.to_string());
        }
        if let Progress::BatchStarted { batch, .. } = &event {
            shown.batch = Some(batch.clone());
        }
        if !is_json {
            on_terminal(&bar, service, &event);
        }
    }
    bar.finish_and_clear();
    shown
}

pub(super) fn new_bar() -> ProgressBar {
    let style = ProgressStyle::with_template("{bar:30} {pos}/{len} {msg}")
        .unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(0).with_style(style)
}

pub(super) fn on_terminal(bar: &ProgressBar, service: Service, event: &Progress) {
    let line = |text: String| {
        if bar.is_hidden() {
            tell(&text);
        } else {
            bar.println(text);
        }
    };
    match event {
        Progress::BatchStarted {
            total,
            continued,
            errors,
            duplicates,
            ..
        } => {
            bar.set_length(*total as u64);
            let more = if *continued {
                ", làm tiếp lô trước"
            } else {
                ""
            };
            line(format!(
                "{}: {total} khoản{more} (bỏ {errors} dòng sai, {duplicates} dòng trùng)",
                service.spec().title
            ));
        }
        Progress::LoggedIn { agent, balance, .. } => {
            line(format!(
                "Đăng nhập: {agent}, số dư {}",
                balance.map_or_else(|| "—".to_owned(), |b| b.to_string())
            ));
        }
        Progress::Outcome(o) => {
            let amount = o
                .amount
                .filter(|a| !a.is_zero())
                .map(|a| a.to_string())
                .unwrap_or_default();
            line(format!(
                "  {:<22} {:<22} {amount:>16}  {}",
                o.account,
                o.outcome.label(),
                o.message
            ));
        }
        Progress::Progress {
            done, eta_s, paid, ..
        } => {
            bar.set_position(*done as u64);
            let eta = eta_s
                .map(|s| format!(", còn {}", HumanDuration(std::time::Duration::from_secs(s))))
                .unwrap_or_default();
            bar.set_message(format!("đã trả {paid}{eta}"));
        }
        Progress::NeedsPerson { what, .. } => line(format!(">>> {what}")),
        Progress::Retry { account, why } => line(format!("  {account}: thử lại ({why})")),
        Progress::BatchFinished { outcomes, paid, .. } => {
            let parts: Vec<String> = outcomes
                .iter()
                .map(|(o, n)| format!("{n} {}", o.label().to_lowercase()))
                .collect();
            line(format!("Xong: {}. Tổng đã trả {paid}.", parts.join(", ")));
        }
        Progress::Settling { open, until_ms, .. } => {
            let until = minute_of(*until_ms);
            line(format!(
                "Đang đối soát {open} giao dịch chưa rõ, nhiều nhất đến {until}"
            ));
        }
        Progress::State { .. }
        | Progress::PersonDone
        | Progress::LoggedOut { .. }
        | Progress::Halted { .. } => {}
    }
}
