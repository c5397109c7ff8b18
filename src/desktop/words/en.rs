//! English.

use super::{Words, grouped};
use crate::domain::{Language, PaymentType, Service};

pub const WORDS: Words = Words {
    language: Language::En,
    service,
    account,
    outcome: |outcome| outcome.label_in(Language::En),
    payment: |payment| match payment {
        PaymentType::Prepaid => "Prepaid top-up",
        PaymentType::Postpaid => "Postpaid debt",
    },
    demo: "demo",
    services: "Services",

    find: "Was it paid?",
    history: "History",
    settings: "Settings",
    notices: "Notices",
    details: "Details",

    server: "Server",
    unacknowledged: |count| format!("{count} outcomes not told yet"),
    unacknowledged_hint: "They are in this machine's ledger and will be told to the server as soon as it can be reached.",
    browser: "Browser",
    checking: "checking…",
    good: "ready",
    unused: "not used",
    bad: "not reached",
    balance: "Balance",
    light: "Light",
    dark: "Dark",
    help: "Help",
    help_first: "Contents",
    help_close: "Close",
    lock: "Lock",

    opening: "Opening the ledger…",
    locked: "The configuration is locked. Enter the passphrase.",
    no_list: "No data yet. Press Get data, or paste codes on the left.",
    ready: |count, sum| {
        if sum.is_empty() {
            format!("Ready · {count} rows", count = grouped(count))
        } else {
            format!("Ready · {count} rows · {sum}", count = grouped(count))
        }
    },
    missing: |count, what| format!("{count} rows · {what}", count = grouped(count)),
    running: |sessions, left, end| {
        let who = if sessions > 1 {
            format!("Running {sessions} sessions")
        } else {
            "Running".to_owned()
        };
        format!("{who} · {left} rows left{end}", left = grouped(left))
    },
    signing_in: "Signing in to the portal…",
    ends_at: |time| format!(" · done at {time}"),
    paused: |left| {
        format!(
            "Paused · {left} rows left · sessions stay logged in, press Resume to go on",
            left = grouped(left)
        )
    },
    stopping: "Stopping at a safe point…",
    done: |summary| format!("Done · {summary}"),
    stopped: |summary| format!("Stopped · {summary}"),
    elsewhere: |service| format!("Running {service}"),
    reconciling: |count| format!("Signing in to the portal to look into {count} doubts…"),
    mishap: |path| {
        format!("The program had a fault last time; the ledger is whole. Report: {path}")
    },
    peek: "Look",
    idle_now: "Idle · no batch is running",
    owed_sum: |count, sum| format!("{} codes owe {sum}", grouped(count)),
    paid_sum: |sum| format!("{sum} paid"),
    count_of: |count, what| format!("{} {}", grouped(count), what.to_lowercase()),

    payment_type: "Kind of rows without an amount",
    amount: "Amount (rows without one)",
    receiver: "Receiver's phone",
    lines: |account| format!("{account} (one a line)"),
    lines_hint: "Paste from Excel or a message…",
    pin: "PIN",
    need_pin: "enter the PIN to pay",
    bad_receiver: "the receiver's phone is not right",
    bad_amount: "the amount is not right",
    left_out: |wrong, twice| {
        format!(
            "Left out: {wrong} wrong rows, {twice} duplicates",
            twice = grouped(twice),
            wrong = grouped(wrong)
        )
    },
    duplicate_of: |account, row| format!("{account} is the same as {row}"),
    big_list: |count| {
        format!(
            "A list of {count} rows, too long to be edited here. Change the file and open it again.",
            count = grouped(count)
        )
    },
    from_file: |count, name| format!("{count} rows read from {name}", count = grouped(count)),
    new_source: "Jobs come from elsewhere now: the old list cannot be used any more. Press Get data to fetch it again.",
    empty_file: |name| format!("{name} has no rows; the list that is here stays"),
    no_good_row: |why| format!("No row can be done. {why}"),
    rehearsed: |count, sum, all| {
        format!(
            "Dry run done · will pay {count} · {sum} ({all})",
            count = grouped(count)
        )
    },
    decide: "Write it down",
    decide_sure: |word, account, amount| {
        format!("Write down “{word}” for {account}, {amount}? It cannot be changed afterwards.")
    },
    leave_it: "Leave it",
    auto_sure: |limits| {
        format!("The machine will pay real money by itself, without a question each time. {limits}")
    },
    auto_start: "Switch auto on",
    no_data: "The API has no data",
    fetched: |count, service| format!("{count} rows fetched: {service}", count = grouped(count)),
    empty: "The list is empty",
    empty_hint: "Press Get data to fetch jobs from the server, paste codes on the left, or drop a CSV, XLSX or JSON file on the window.",

    previous: "Previous list",
    closing: "Something is running. If the window closes now, what is at hand is finished first; the rest stays undone.",
    close_it: "Close after this one",
    stay_open: "Let it run",
    fetch: "Get data",
    open_file: "Open file…",
    start: "Start",
    go_on: "Go on",
    dry_run: "Dry run",
    pause: "Pause",
    resume: "Resume",
    stop: "Stop",
    export: "Export Excel",
    new_list: "New list",
    again: "Do failed rows again",
    copy_rows: "Copy table",
    copy_code: "Copy the code",
    copied: "The table was copied; paste it into Excel",
    open_report: "Open report",
    open_folder: "Open folder",
    saved: |name| format!("Saved {name}"),
    reconcile: "Reconcile",
    show_browser: "Show browser",

    will_pay: |count, sum| format!("Pay {count} items · {sum}", count = grouped(count)),
    will_pay_some_quoted: |count, sum, quoted| {
        format!(
            "Pay {count} items · {sum}, and {quoted} as the portal quotes them",
            quoted = grouped(quoted),
            count = grouped(count)
        )
    },
    will_top_up: |count, sum| {
        format!(
            "Top up {count} prepaid numbers · {sum}",
            count = grouped(count)
        )
    },
    will_clear: |count| {
        format!(
            "Clear {count} postpaid debts · amounts as the portal quotes them",
            count = grouped(count)
        )
    },
    will_pay_quoted: |count| {
        format!(
            "Pay {count} items · amounts as the portal quotes them",
            count = grouped(count)
        )
    },
    takes_about: |minutes| format!("about {minutes} minutes"),
    will_look_up: |count| {
        format!(
            "Look up {count} codes · nothing is paid",
            count = grouped(count)
        )
    },
    after_it: |before, after| format!("Balance {before}, then {after}"),
    too_little: |short| format!("Balance too low by {short}"),
    limits: |all| format!("Limits: {all}"),
    no_limits: "No limits are set",
    per_job: "a payment",
    per_batch: "a batch",
    per_day: "a day",
    paid_before: |count| {
        format!(
            "{count} were paid this month; the same amount is not paid again",
            count = grouped(count)
        )
    },
    in_doubt_before: |count| {
        format!(
            "{count} are in doubt; they are not paid again",
            count = grouped(count)
        )
    },
    row_paid_before: |when| format!("Paid at {when}"),
    row_in_doubt: "In doubt since last time",

    waited_for: |what, left| format!("{what} · {left} left"),
    settling: |count, left| format!("Looking into {count} in doubt, {left} left at most"),
    stopped_list: |when, left, jobs| {
        format!(
            "This list was stopped; it was begun at {when}: {left} of {jobs} rows are left. What now?"
        )
    },
    continue_list: "Do what is left",
    continue_does: |left, paid| {
        format!(
            "Tops up the {left} rows that are left. What was topped up ({paid}) is not topped up again."
        )
    },
    begin_anew: "Begin anew",
    anew_does: |jobs, hours| {
        format!(
            "Tops up all {jobs} rows once more. Those of the last {hours} hours are held back and asked about."
        )
    },
    held_back: |count| {
        format!(
            "{count} rows equal a top-up of a short while ago. Tick those that are meant to be made once more:"
        )
    },
    tick_all: "All of these",
    top_up_again: |count| format!("Top up once more: {count} rows"),

    kind: "Kind",
    kind_of: |kind| match kind {
        PaymentType::Prepaid => "prepaid",
        PaymentType::Postpaid => "postpaid",
    },
    number: "No.",
    code: "Code",
    customer: "Customer",
    money: "Amount",
    state: "State",
    note: "Note",
    at: "At",
    all: "All",
    waiting: "Waiting",
    working: "Working",
    finished: "Done",
    refused: "Refused, failed",
    needs_look: "Needs a look",
    search: "Search the table",
    search_hint: "code, name, note",
    looking_up: "Looking up",
    preparing: "Preparing",
    paying: "Paying",
    verifying: "Verifying",
    in_doubt: "In doubt",
    no_match: "No row fits",
    retry: |why| format!("Trying again: {why}"),

    sessions: "Sessions",
    session: |number| format!("Session {number}"),
    idle: "idle",
    out: "has left",
    jobs_done: |count| format!("{count} done"),
    a_minute: |count| format!("{count}/min"),
    rate: "Rate (jobs a minute)",

    doubts: |count| {
        format!("{count} payments are in doubt; their debts are locked and not paid again")
    },
    settled: |count| format!("Reconciled: {count} payments settled"),
    look_at_doubts: "Look at each",
    resolve_title: "You have checked it on the portal. The result is:",
    was_paid: "Was paid",
    was_not_paid: "Was not paid",
    your_name: "Your name",
    reason: "Reason",
    reason_hint: "statement seen, call to the hotline…",
    resolved: "The conclusion is in the ledger",

    find_title: "Was it paid?",
    find_hint: "Code, phone, order, transaction…",
    never: |what| format!("This machine never did anything with {what}"),
    answer_paid: |amount, when, service| format!("Paid {amount} at {when} · {service}"),
    answer_doubt: |when| {
        format!("In doubt since {when}: neither collect nor pay again before it is reconciled")
    },
    answer_not_paid: |outcome| format!("Not paid · last time: {outcome}"),
    proof: |proof| format!("Proof: {proof}"),
    transaction: |id| format!("Transaction {id}"),
    story: "What happened",
    picture: "Picture",
    page_text: "Text",
    make_small: "Make small",
    evidence: "Evidence",

    history_title: "History and day's end",
    days: |count| format!("{count} days"),
    total: |sum| format!("{sum} in all"),
    nothing_yet: "No batches in this time",
    items: "Items",
    batches: "Batches",
    by_day: "Paid by day (millions of VND)",
    by_service: "By service",
    by_outcome: "By outcome",
    of_the_day: "Today",
    cash_counted: "Cash counted",
    shift: "This shift",
    shift_since: |time, bills| format!("Since {time}, {bills} paid by the ledger"),
    shift_opening: "Cash at the beginning",
    shift_paid: |bills| format!("{bills} bills paid"),
    shift_slip: "END OF SHIFT",
    shift_from: "From",
    shift_to: "To",
    by_notes: "Count by notes",
    close_shift: "Close the shift",
    shift_closed: "Shift closed",
    operator: "Operator",
    print: "Print",
    print_receipt: "Print receipt",
    copy_receipt: "Copy receipt's picture",
    copy_receipt_hint: "Then paste it into Zalo (Ctrl+V)",
    picture_copied: |path| format!("The receipt's picture is copied; it also lies in {path}"),
    receipt_title: "RECEIPT",
    no_receipt: "This was not paid, so it has no receipt",
    transaction_id: "Transaction",
    cash_fits: "Fits exactly",
    cash_short: |by| format!("Short by {by}"),
    cash_over: |by| format!("Over by {by}"),
    export_all: "Export this time",
    export_ticked: |count| format!("Export {count} ticked batches"),
    unfinished: "unfinished",

    locked_title: "The window is locked",
    passphrase: "Passphrase",
    passphrase_or_pin: "Passphrase or PIN",
    who: "Who works here?",
    passphrase_or_own_pin: "Your PIN, or the passphrase",
    own_pin: "Own PIN",
    operators: "Who works at this machine",
    operators_hint: "Once somebody is on this list, everybody signs in with a PIN of their own, and the name goes into every attempt. Empty: nobody has to.",
    let_in: "Let in",
    remove: "Remove",
    unlock: "Unlock",
    wrong: |seconds| format!("Not right. Try again in {seconds} seconds"),
    runs_on: "The running batch goes on.",
    first_title: "First set-up",
    first_hint: "Once only. Secrets are encrypted on this machine and never shown again.",
    portal_user: "Agent code for the portal",
    portal_password: "Portal password (6 characters at most)",
    api_url: "Address of the job server (API)",
    api_token: "API token (if any)",
    check: "Check",
    new_passphrase: "Passphrase (of your choice)",
    use_keyring: "Keep the key in the system's keyring, without a passphrase",
    weak: "weak",
    fair: "fair",
    strong: "strong",
    save_and_go: "Save and begin",
    later: "Later",
    try_demo: "Try with the sandbox",
    browser_help: "Install Chrome (or use the Edge that Windows has), then press Check.",
    fetch_driver: "Get the driver",
    fetch_driver_again: "Try again",
    fetch_driver_hint: "Some 10 to 20 MB, once for each version of the browser.",
    fetching_driver: "Getting the browser's driver…",

    settings_title: "Settings",
    setting,
    section: |section| match section {
        "portal" => "Agent portal",
        "reconcile" => "Doubts",
        "api" => "Job server",
        "site" => "Collection site",
        "browser" => "Browser",
        "limits" => "Limits",
        "report" => "Reports",
        "evidence" => "Evidence",
        "window" => "Window",
        "auto" => "Auto mode",
        "operator" => "People",
        _ => "",
    },
    choice: |value| match value {
        "api" => "Job server",
        "site" => "Collection site",
        "vi" => "Vietnamese",
        "en" => "English",
        _ => "",
    },
    of_the_shop: "Shop",
    advanced: "Advanced",
    owner_only: "Only the owner changes passwords, limits and people: lock the window and unlock it with the passphrase.",
    remove_sure: |name| format!("Remove {name}? They cannot sign in on this machine any more."),
    from_to: |least, most| format!("{least} to {most}"),
    save: "Save",
    set: "set",
    not_set: "not set",
    kept: "Saved",
    admin: "Web admin",
    diagnose: "Diagnose",
    ledger: "Ledger",
    ledger_whole: |events| format!("whole, {} lines", grouped(events)),
    portal: "Agent portal",
    portal_page: |page| format!("Page {page}"),
    balance_low: |balance| format!("The balance runs low: {balance} left"),
    odd_codes: |count, first, service| {
        format!(
            "{count} codes do not look like {service} (the first: {first}). Is it the right service?",
            count = grouped(count)
        )
    },
    earlier_lists: "Earlier lists",
    a_list: |count, first| format!("{} rows · {first}…", grouped(count)),
    by_person: "By person",
    by_hour: "By hour (items)",
    only_these: |what| format!("Only {what} ✕"),
    run_bar: "GachNo at work",
    diagnosing: "Diagnosing…",
    import: "Import settings…",
    export_settings: "Export settings (without secrets)",
    shortcuts: "Shortcuts",
    auto: "Auto",
    auto_hint: "Service by service: fetch, pay, report; within the limits that are set.",
    auto_on: |when| format!("Auto: next at {when}"),
};

fn service(service: Service) -> &'static str {
    match service {
        Service::LookUpFtth => "FTTH look-up",
        Service::PayEvn => "Electricity (EVN)",
        Service::TopUpMulti => "Top-up, all networks",
        Service::TopUpViettel => "Top-up, Viettel",
        Service::PayTvInternet => "TV – Internet",
        Service::LookUpPostpaid => "Postpaid look-up",
    }
}

fn account(service: Service) -> &'static str {
    match service {
        Service::LookUpFtth | Service::PayTvInternet => "Subscriber code",
        Service::PayEvn => "Customer code",
        Service::TopUpMulti | Service::TopUpViettel | Service::LookUpPostpaid => "Phone number",
    }
}

/// Where reports go by themselves differs from system to system.
const REPORTS: &str = if cfg!(any(windows, target_os = "macos")) {
    "Folder of reports; empty is Documents/GachNo"
} else {
    "Folder of reports; empty is ket_qua"
};

/// What a key of `config.json` does.
fn setting(key: &str) -> &'static str {
    match key {
        "portal.url" => "The agent portal's address",
        "portal.username" => "Agent code that logs in; a batch refuses to run as anybody else",
        "portal.password" => "Portal password",
        "portal.pin" => "PIN that confirms payments",
        "portal.agent_code" => "Agent code as the portal shows it, where it differs",
        "portal.answer_timeout_s" => {
            "Seconds an answer is waited for; after a confirmation that makes a doubt"
        }
        "portal.person_timeout_s" => "Seconds a person is waited for (captcha, OTP)",
        "portal.retries" => "Tries after a technical failure, before money is armed",
        "portal.failures_before_pause" => {
            "Technical failures in a row after which the batch stops by itself"
        }
        "reconcile.wait_s" => "Seconds a batch goes on reconciling at its end",
        "reconcile.look_after_ms" => "When a doubt is looked into (seconds)",
        "reconcile.settle_ms" => {
            "Seconds after which the portal's history shows a payment at the latest"
        }
        "reconcile.apart_ms" => "Seconds between two readings without a payment",
        "api.source" => "Where jobs come from",
        "api.jobs_at_once" => "How many jobs are taken at once",
        "site.url" => "Address of the collection site",
        "site.username" => "Login at the collection site",
        "site.password" => "Password at the collection site",
        "api.url" => "The job server's address",
        "api.token" => "This machine's token",
        "api.health_timeout_s" => "Seconds a health check may take",
        "api.data_timeout_s" => "Seconds a list may take",
        "browser.webdriver_url" => "A Selenium Grid instead of a browser on this machine",
        "browser.browser_path" => "Chrome, Chromium or Edge; empty is searched for",
        "browser.driver_path" => "The browser's driver; empty is searched for",
        "browser.fetch_driver" => "Get a driver that is missing: ask, yes (by itself), no",
        "browser.driver_mirror" => "Where ChromeDrivers come from; empty is their makers",
        "browser.edge_driver_mirror" => "Where EdgeDrivers come from; empty is their makers",
        "browser.headless" => "Browser without a window; captcha and OTP then cannot be done",
        "browser.bidi" => "Hold the confirming request before it leaves the browser",
        "browser.valve" => {
            "Shut the line too while it is held; off only where a proxy must be used"
        }
        "browser.sessions" => "Sessions at the same time, at most",
        "browser.keep_open_min" => "Keeps sessions open so many minutes after a batch; 0 is not",
        "browser.logins_per_browser" => "Sessions in one browser",
        "limits.per_job" => "At most for one payment; empty is no limit",
        "limits.per_batch" => "At most for one batch",
        "limits.per_day" => "At most for one day",
        "limits.repeat_hours" => "Equal top-ups: asked about for how many hours (0: never)",
        "limits.tolerance" => "How far the quote may be off the list's amount",
        "report.shop" => "The shop's name on receipts",
        "report.folder" => REPORTS,
        "evidence.pictures" => {
            "Texts of every payment, pictures of odd ones; off: of failures and doubts alone"
        }
        "evidence.every_payment" => "A picture of every payment (a little slower)",
        "evidence.keep_days" => "Days that evidence is kept",
        "window.language" => "Language",
        "window.dark" => "Dark theme",
        "window.scale_percent" => "Size in percent (80 to 200)",
        "window.lock_after_min" => "Locks after so many idle minutes; 0 is never",
        "window.low_balance" => "Warns when the balance falls below (0: never)",
        "window.sound" => "A sound when done or in need of somebody",
        "auto.every_min" => "Auto: minutes between rounds",
        "auto.quiet_from" => "Auto: quiet from this hour",
        "auto.quiet_to" => "Auto: quiet to this hour",
        "auto.services" => "Auto: services, separated by commas; empty is all",
        "operator" => "Who works here; stands in every batch and report",
        _ => "",
    }
}
