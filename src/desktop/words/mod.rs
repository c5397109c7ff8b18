//! Everything that the window says, once per language. A word that is missing in one of them does
//! not compile.

mod en;
mod told;
mod vi;

pub use crate::domain::Language;
use crate::domain::{Outcome, PaymentType, Service};
pub use told::{ToldError, in_one_language, said, told};

impl Language {
    /// What the window says in it.
    pub const fn words(self) -> &'static Words {
        match self {
            Self::Vi => &vi::WORDS,
            Self::En => &en::WORDS,
        }
    }
}

/// A number as people here write it: `100.000`.
fn grouped(count: usize) -> String {
    let digits = count.to_string();
    let mut text = String::new();
    for (place, digit) in digits.chars().enumerate() {
        if place > 0 && (digits.len() - place).is_multiple_of(3) {
            text.push('.');
        }
        text.push(digit);
    }
    text
}

/// The window's words. Functions where a number or a name stands inside.
#[derive(Debug)]
#[allow(
    missing_docs,
    reason = "each is named after what it says; the languages beside each other are the documentation"
)]
pub struct Words {
    pub language: Language,
    // ---- Names ----
    pub service: fn(Service) -> &'static str,
    pub account: fn(Service) -> &'static str,
    pub outcome: fn(Outcome) -> &'static str,
    pub payment: fn(PaymentType) -> &'static str,
    pub demo: &'static str,
    pub services: &'static str,

    // ---- Places ----
    pub find: &'static str,
    pub history: &'static str,
    pub settings: &'static str,
    pub notices: &'static str,
    pub details: &'static str,

    // ---- State line ----
    pub server: &'static str,
    pub unacknowledged: fn(u64) -> String,
    pub unacknowledged_hint: &'static str,
    pub browser: &'static str,
    pub checking: &'static str,
    pub good: &'static str,
    pub unused: &'static str,
    pub bad: &'static str,
    pub balance: &'static str,
    pub light: &'static str,
    pub dark: &'static str,
    pub lock: &'static str,
    pub help: &'static str,
    pub help_first: &'static str,
    pub help_close: &'static str,

    // ---- The one sentence ----
    pub opening: &'static str,
    pub locked: &'static str,
    pub no_list: &'static str,
    pub ready: fn(usize, &str) -> String,
    pub missing: fn(usize, &str) -> String,
    pub running: fn(usize, usize, &str) -> String,
    pub signing_in: &'static str,
    pub ends_at: fn(&str) -> String,
    pub paused: fn(usize) -> String,
    pub stopping: &'static str,
    pub done: fn(&str) -> String,
    pub stopped: fn(&str) -> String,
    pub elsewhere: fn(&str) -> String,
    pub reconciling: fn(usize) -> String,
    pub mishap: fn(&str) -> String,
    pub peek: &'static str,
    pub idle_now: &'static str,
    pub owed_sum: fn(usize, &str) -> String,
    pub paid_sum: fn(&str) -> String,
    pub count_of: fn(usize, &str) -> String,

    // ---- Form ----
    pub payment_type: &'static str,
    pub amount: &'static str,
    pub receiver: &'static str,
    pub lines: fn(&str) -> String,
    pub lines_hint: &'static str,
    pub pin: &'static str,
    pub need_pin: &'static str,
    pub bad_receiver: &'static str,
    pub bad_amount: &'static str,
    pub left_out: fn(usize, usize) -> String,
    pub duplicate_of: fn(&str, &str) -> String,
    pub big_list: fn(usize) -> String,
    pub from_file: fn(usize, &str) -> String,
    pub new_source: &'static str,
    pub empty_file: fn(&str) -> String,
    pub no_good_row: fn(&str) -> String,
    pub rehearsed: fn(usize, &str, &str) -> String,
    pub decide: &'static str,
    pub decide_sure: fn(&str, &str, &str) -> String,
    pub leave_it: &'static str,
    pub auto_sure: fn(&str) -> String,
    pub auto_start: &'static str,
    pub no_data: &'static str,
    pub fetched: fn(usize, &str) -> String,
    pub empty: &'static str,
    pub empty_hint: &'static str,

    // ---- Buttons ----
    pub previous: &'static str,
    pub closing: &'static str,
    pub close_it: &'static str,
    pub stay_open: &'static str,
    pub fetch: &'static str,
    pub open_file: &'static str,
    pub start: &'static str,
    pub go_on: &'static str,
    pub dry_run: &'static str,
    pub pause: &'static str,
    pub resume: &'static str,
    pub stop: &'static str,
    pub export: &'static str,
    pub new_list: &'static str,
    pub again: &'static str,
    pub copy_rows: &'static str,
    pub copy_code: &'static str,
    pub copied: &'static str,
    pub open_report: &'static str,
    pub open_folder: &'static str,
    pub saved: fn(&str) -> String,
    pub reconcile: &'static str,
    pub show_browser: &'static str,

    // ---- Before a payment ----
    pub will_pay: fn(usize, &str) -> String,
    pub will_pay_some_quoted: fn(usize, &str, usize) -> String,
    pub will_top_up: fn(usize, &str) -> String,
    pub will_clear: fn(usize) -> String,
    pub will_pay_quoted: fn(usize) -> String,
    pub takes_about: fn(u64) -> String,
    pub will_look_up: fn(usize) -> String,
    pub after_it: fn(&str, &str) -> String,
    pub too_little: fn(&str) -> String,
    pub limits: fn(&str) -> String,
    pub no_limits: &'static str,
    pub per_job: &'static str,
    pub per_batch: &'static str,
    pub per_day: &'static str,
    pub paid_before: fn(usize) -> String,
    pub in_doubt_before: fn(usize) -> String,
    pub row_paid_before: fn(&str) -> String,
    pub row_in_doubt: &'static str,

    // ---- Questions before money moves ----
    pub settling: fn(usize, &str) -> String,
    pub waited_for: fn(&str, &str) -> String,
    pub stopped_list: fn(&str, usize, usize) -> String,
    pub continue_list: &'static str,
    pub continue_does: fn(usize, &str) -> String,
    pub begin_anew: &'static str,
    pub anew_does: fn(usize, u32) -> String,
    pub held_back: fn(usize) -> String,
    pub tick_all: &'static str,
    pub top_up_again: fn(usize) -> String,

    // ---- Table ----
    pub kind: &'static str,
    pub kind_of: fn(PaymentType) -> &'static str,
    pub number: &'static str,
    pub code: &'static str,
    pub customer: &'static str,
    pub money: &'static str,
    pub state: &'static str,
    pub note: &'static str,
    pub at: &'static str,
    pub all: &'static str,
    pub waiting: &'static str,
    pub working: &'static str,
    pub finished: &'static str,
    pub refused: &'static str,
    pub needs_look: &'static str,
    pub search: &'static str,
    pub search_hint: &'static str,
    pub looking_up: &'static str,
    pub preparing: &'static str,
    pub paying: &'static str,
    pub verifying: &'static str,
    pub in_doubt: &'static str,
    pub no_match: &'static str,
    pub retry: fn(&str) -> String,

    // ---- Sessions ----
    pub sessions: &'static str,
    pub session: fn(usize) -> String,
    pub idle: &'static str,
    pub out: &'static str,
    pub jobs_done: fn(usize) -> String,
    pub a_minute: fn(usize) -> String,
    pub rate: &'static str,

    // ---- Doubts ----
    pub doubts: fn(usize) -> String,
    pub settled: fn(usize) -> String,
    pub look_at_doubts: &'static str,
    pub resolve_title: &'static str,
    pub was_paid: &'static str,
    pub was_not_paid: &'static str,
    pub your_name: &'static str,
    pub reason: &'static str,
    pub reason_hint: &'static str,
    pub resolved: &'static str,

    // ---- Find ----
    pub find_title: &'static str,
    pub find_hint: &'static str,
    pub never: fn(&str) -> String,
    pub answer_paid: fn(&str, &str, &str) -> String,
    pub answer_doubt: fn(&str) -> String,
    pub answer_not_paid: fn(&str) -> String,
    pub proof: fn(&str) -> String,
    pub transaction: fn(&str) -> String,
    pub story: &'static str,
    pub picture: &'static str,
    pub page_text: &'static str,
    pub make_small: &'static str,
    pub evidence: &'static str,

    // ---- History ----
    pub history_title: &'static str,
    pub days: fn(usize) -> String,
    pub total: fn(&str) -> String,
    pub nothing_yet: &'static str,
    pub items: &'static str,
    pub batches: &'static str,
    pub by_day: &'static str,
    pub by_service: &'static str,
    pub by_outcome: &'static str,
    pub of_the_day: &'static str,
    pub cash_counted: &'static str,
    pub shift: &'static str,
    pub shift_since: fn(&str, usize) -> String,
    pub shift_opening: &'static str,
    pub shift_paid: fn(usize) -> String,
    pub shift_slip: &'static str,
    pub shift_from: &'static str,
    pub shift_to: &'static str,
    pub by_notes: &'static str,
    pub close_shift: &'static str,
    pub shift_closed: &'static str,
    pub operator: &'static str,
    pub print: &'static str,
    pub print_receipt: &'static str,
    pub copy_receipt: &'static str,
    pub copy_receipt_hint: &'static str,
    pub picture_copied: fn(&str) -> String,
    pub receipt_title: &'static str,
    pub no_receipt: &'static str,
    pub transaction_id: &'static str,
    pub cash_fits: &'static str,
    pub cash_short: fn(&str) -> String,
    pub cash_over: fn(&str) -> String,
    pub export_all: &'static str,
    pub export_ticked: fn(usize) -> String,
    pub unfinished: &'static str,

    // ---- Lock and first run ----
    pub locked_title: &'static str,
    pub passphrase: &'static str,
    pub passphrase_or_pin: &'static str,
    pub who: &'static str,
    pub passphrase_or_own_pin: &'static str,
    pub own_pin: &'static str,
    pub operators: &'static str,
    pub operators_hint: &'static str,
    pub let_in: &'static str,
    pub remove: &'static str,
    pub unlock: &'static str,
    pub wrong: fn(u64) -> String,
    pub runs_on: &'static str,
    pub first_title: &'static str,
    pub first_hint: &'static str,
    pub portal_user: &'static str,
    pub portal_password: &'static str,
    pub api_url: &'static str,
    pub api_token: &'static str,
    pub check: &'static str,
    pub new_passphrase: &'static str,
    pub use_keyring: &'static str,
    pub weak: &'static str,
    pub fair: &'static str,
    pub strong: &'static str,
    pub save_and_go: &'static str,
    pub later: &'static str,
    pub try_demo: &'static str,
    pub browser_help: &'static str,
    pub fetch_driver: &'static str,
    pub fetch_driver_again: &'static str,
    pub fetch_driver_hint: &'static str,
    pub fetching_driver: &'static str,

    // ---- Settings ----
    pub settings_title: &'static str,
    pub setting: fn(&str) -> &'static str,
    pub section: fn(&str) -> &'static str,
    pub choice: fn(&str) -> &'static str,
    pub of_the_shop: &'static str,
    pub advanced: &'static str,
    pub owner_only: &'static str,
    pub remove_sure: fn(&str) -> String,
    pub from_to: fn(u32, u32) -> String,
    pub save: &'static str,
    pub set: &'static str,
    pub not_set: &'static str,
    pub kept: &'static str,
    pub admin: &'static str,
    pub diagnose: &'static str,
    pub diagnosing: &'static str,
    pub ledger: &'static str,
    pub ledger_whole: fn(usize) -> String,
    pub portal: &'static str,
    pub portal_page: fn(&str) -> String,
    pub balance_low: fn(&str) -> String,
    pub odd_codes: fn(usize, &str, &str) -> String,
    pub earlier_lists: &'static str,
    pub a_list: fn(usize, &str) -> String,
    pub by_person: &'static str,
    pub by_hour: &'static str,
    pub only_these: fn(&str) -> String,
    pub run_bar: &'static str,
    pub import: &'static str,
    pub export_settings: &'static str,
    pub shortcuts: &'static str,
    pub auto: &'static str,
    pub auto_hint: &'static str,
    pub auto_on: fn(&str) -> String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_languages_name_everything() {
        for language in [Language::Vi, Language::En] {
            let words = language.words();
            for service in Service::ALL {
                assert!(
                    !(words.service)(service).is_empty() && !(words.account)(service).is_empty()
                );
            }
            for outcome in Outcome::ALL {
                assert!(!(words.outcome)(outcome).is_empty());
            }
            for key in crate::config::keys() {
                assert!(
                    !(words.setting)(&key).is_empty(),
                    "{key} is not explained in {}",
                    language.name()
                );
            }
            assert_eq!(Language::of(language.code()), language);
        }
    }

    #[test]
    fn large_numbers_are_written_in_groups() {
        assert_eq!(
            [7, 1_000, 100_000, 1_234_567].map(grouped),
            ["7", "1.000", "100.000", "1.234.567"]
        );
        let words = Language::Vi.words();
        assert_eq!((words.ready)(100_000, ""), "Sẵn sàng · 100.000 dòng");
    }

    #[test]
    fn english_is_english() {
        let vietnamese = |text: &str| {
            text.chars().any(|c| {
                "ăâđêôơưàảãạáằẳẵắặầẩẫấậèẻẽéẹềểễếệìỉĩíịòỏõóọồổỗốộờởỡớợùủũúụừửữứựỳỷỹýỵ".contains(c)
            })
        };
        let shown = format!("{:?}", Language::En.words());
        assert!(!vietnamese(&shown.to_lowercase()), "{shown}");
    }
}
