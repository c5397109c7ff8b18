//! What is simulated, as data: agents, accounts, switches for everything that is not known of the
//! real portal, faults.

use std::collections::BTreeMap;
use std::path::Path;

use serde::{Deserialize, Serialize};

use super::super::gateway::GatewayScenario;
use super::SandboxError;

/// A scenario. Every key has a default, so a file names only what it changes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// Portal users.
    pub agents: Vec<Agent>,
    /// Accounts by code or phone number.
    pub accounts: BTreeMap<String, ScenarioAccount>,
    /// What accounts are like that are not listed.
    pub unlisted: Unlisted,
    /// Everything that can be one way or another.
    pub switches: Switches,
    /// The portal's words where nobody knows the real ones.
    pub texts: Texts,
    /// What goes wrong, in the order in which it is looked for.
    pub faults: Vec<ScenarioFault>,
    /// Payment providers next to the portal.
    pub gateway: GatewayScenario,
}

/// A portal user.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Agent {
    /// Agent code; logs in and stands in the frame.
    pub username: String,
    /// Six characters at most.
    pub password: String,
    /// Confirms payments.
    pub pin: String,
    /// The agent's phone, as the frame shows it.
    pub phone: String,
    /// Name of the shop.
    pub shop: String,
    /// In đồng, when the simulator starts.
    pub balance: i64,
}

/// What an account is like.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ScenarioAccount {
    /// In short.
    pub kind: DebtKind,
    /// What it owes, in đồng.
    pub debt: i64,
    /// Several contracts in one answer of the Internet page; without any, one is made up.
    pub contracts: Vec<ScenarioContract>,
    /// Does its number bring the dialog that asks for the account's kind? Without: as the switch
    /// says.
    pub type_dialog: Option<bool>,
}

/// What an account is like, in short.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DebtKind {
    /// It owes something (or takes a top-up).
    #[default]
    Owing,
    /// It owes nothing.
    NoDebt,
    /// The portal does not know it.
    NotFound,
    /// The look-up answers without a card and without a word.
    Silent,
}

/// One contract of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioContract {
    /// Nine digits.
    pub number: String,
    /// In capitals.
    pub owner: String,
    /// The subscriber that stands for it.
    pub subscriber: String,
    /// In đồng.
    pub debt: i64,
}

/// Accounts that no scenario lists.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// Most owe something, some nothing, some too little, some do not exist.
    #[default]
    Mixed,
    /// All owe something.
    Owing,
    /// None exists.
    NotFound,
}

/// Severity of a message.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[expect(missing_docs, reason = "the names are PrimeFaces' own")]
pub enum Severity {
    #[default]
    Info,
    Warn,
    Error,
    Fatal,
    /// No message at all.
    None,
}

/// Everything that can be one way or another on the real portal, or is not known.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches are what it is")]
pub struct Switches {
    /// The login asks for a captcha (`captcha_code`).
    pub captcha: bool,
    /// What the captcha shows.
    pub captcha_code: String,
    /// The login asks for an OTP (`otp_code`).
    pub otp: bool,
    /// Four digits.
    pub otp_code: String,
    /// Percentage of numbers that bring the dialog asking for the account's kind.
    pub type_dialog_percent: u32,
    /// The electricity page has fields for phone and PIN.
    pub evn_phone_and_pin: bool,
    /// Address of the electricity page. Elsewhere than `/pages/collectmoney.jsf?type=1`, that page
    /// links to it.
    pub evn_path: String,
    /// The phone page has its button that asks for the debt.
    pub check_button: bool,
    /// Thousands separator of the debt field on the phone page.
    pub group: String,
    /// Added to every number of an id like `j_idtNN`.
    pub renumber: u32,
    /// Parts of ids that have other names now: `{"contractCode": "maHopDong"}`.
    pub rename: BTreeMap<String, String>,
    /// Severity of the message of success.
    pub success: Severity,
    /// The message of success names the amount.
    pub success_names_amount: bool,
    /// The message of success names the transaction id.
    pub success_names_transaction: bool,
    /// The PIN field is masked.
    pub pin_masked: bool,
    /// The confirm dialog opens after an answer of the server; else in the browser alone.
    pub dialog_by_server: bool,
    /// The confirm dialog names account and amount.
    pub dialog_text: bool,
    /// The balance stands in the frame before the first refresh.
    pub balance_before_refresh: bool,
    /// An AJAX request without a session opens the dialog; else it redirects.
    pub expiry_by_dialog: bool,
    /// The history page exists.
    pub history: bool,
    /// The history shows a payment only this many milliseconds later.
    pub history_delay_ms: u64,
    /// Rows a page of the history.
    pub history_page_size: usize,
    /// Which search kind is chosen at first, 0 to 3.
    pub console_default: usize,
    /// Milliseconds that the select menu's panel takes to fade in.
    pub fade_ms: u32,
    /// The smallest debt that the portal takes.
    pub minimum: i64,
    /// Choosing an amount's button asks the server.
    pub amount_asks: bool,
    /// Pages without the weight of the real ones: their scripts, styles, elements and moving picture.
    pub light: bool,
}

impl Default for Switches {
    fn default() -> Self {
        Self {
            captcha: false,
            captcha_code: "AB12CD".to_owned(),
            otp: false,
            otp_code: "1357".to_owned(),
            type_dialog_percent: 50,
            evn_phone_and_pin: false,
            evn_path: "/pages/collectmoney.jsf?type=1".to_owned(),
            check_button: true,
            group: ".".to_owned(),
            renumber: 0,
            rename: BTreeMap::new(),
            success: Severity::Info,
            success_names_amount: true,
            success_names_transaction: true,
            pin_masked: true,
            dialog_by_server: true,
            dialog_text: true,
            balance_before_refresh: false,
            expiry_by_dialog: true,
            history: true,
            history_delay_ms: 0,
            history_page_size: 20,
            console_default: 0,
            fade_ms: 120,
            minimum: 0,
            amount_asks: false,
            light: false,
        }
    }
}

/// The portal's words where nobody knows the real ones.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(missing_docs, reason = "each says when it is said")]
pub struct Texts {
    pub success: String,
    pub no_debt: String,
    pub not_found: String,
    pub already_paid: String,
    pub wrong_pin: String,
    pub balance_too_low: String,
    pub below_minimum: String,
    pub bad_amount: String,
    pub bad_phone: String,
    pub wrong_password: String,
    pub wrong_captcha: String,
    pub wrong_otp: String,
}

impl Default for Texts {
    fn default() -> Self {
        Self {
            success: "Giao dịch thành công".to_owned(),
            no_debt: "Thuê bao không còn nợ cước".to_owned(),
            not_found: "Mã khách hàng không đúng, vui lòng kiểm tra lại".to_owned(),
            already_paid:
                "Giao dịch không thành công do hóa đơn không còn nợ cước. Mời kiểm tra lại"
                    .to_owned(),
            wrong_pin: "Mã PIN không đúng".to_owned(),
            balance_too_low: "Số dư tài khoản không đủ để thực hiện giao dịch".to_owned(),
            below_minimum: "Số tiền thanh toán không nằm trong hạn mức giao dịch cho phép"
                .to_owned(),
            bad_amount: "Số tiền không hợp lệ".to_owned(),
            bad_phone: "Số điện thoại không đúng".to_owned(),
            wrong_password: "Mã đại lý hoặc mật khẩu không đúng".to_owned(),
            wrong_captcha: "Mã bảo vệ không đúng".to_owned(),
            wrong_otp: "Mã OTP không đúng".to_owned(),
        }
    }
}

/// Something that goes wrong at a step.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScenarioFault {
    /// `page`, `login`, `balance`, `search_kind`, `search`, `choose`, `pay`, `confirm`, `phone`,
    /// `supplier`, `check`.
    pub at: String,
    /// Only for this account.
    #[serde(default)]
    pub account: Option<String>,
    /// Lets this many requests pass first.
    #[serde(default)]
    pub after: u32,
    /// How often it happens; 0 is always.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub action: FaultAction,
}

fn once() -> u32 {
    1
}

/// What happens. `moved`: the work was done (the money moved) before the fault shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "fields repeat what the variants say")]
pub enum FaultAction {
    /// The answer comes this much later.
    DelayMs(u64),
    /// The answer breaks off in the middle.
    Drop { moved: bool },
    /// The connection is closed without a byte. A browser sends such a request again by itself
    /// where it had reused the connection, a POST too.
    Reset { moved: bool },
    /// An HTTP error.
    Http { status: u16, moved: bool },
    /// `<error>` in a partial response, which the page ignores.
    ErrorAnswer { moved: bool },
    /// An HTML page where XML is expected.
    NotXml { moved: bool },
    /// The session is over, with the dialog or the redirect of the switch.
    Expire,
    /// The session is over after the work was done; the answer is lost.
    ExpireAfter,
    /// This message instead of the right one.
    Message {
        severity: Severity,
        text: String,
        moved: bool,
    },
    /// The right message, twice.
    DoubleMessage,
    /// The loading overlay never goes away.
    OverlayStays,
    /// The price is this much higher from here on; at `confirm` it is not what the question named
    /// any more.
    PriceChanges(i64),
    /// The agent's balance is empty from here on.
    EmptyBalance,
    /// The portal answers "in progress"; the money moves this much later.
    SettleMs(u64),
    /// The right answer, and a script of this text that the page runs after it.
    Script(String),
    /// The page's view is forgotten.
    ForgetView,
}

impl Default for Scenario {
    fn default() -> Self {
        Self {
            agents: vec![Agent {
                username: "1234567890_VTP_00001_DB".to_owned(),
                password: "mk1234".to_owned(),
                pin: "246810".to_owned(),
                phone: "0912-345-678".to_owned(),
                shop: "Điểm thu hộ An Bình".to_owned(),
                balance: 50_000_000,
            }],
            accounts: BTreeMap::new(),
            unlisted: Unlisted::default(),
            switches: Switches::default(),
            texts: Texts::default(),
            faults: Vec::new(),
            gateway: GatewayScenario::default(),
        }
    }
}

impl Scenario {
    /// Reads a JSON file.
    pub fn load(path: &Path) -> Result<Self, SandboxError> {
        let bytes = std::fs::read(path).map_err(|e| SandboxError::Scenario(path.to_owned(), e))?;
        serde_json::from_slice(&bytes).map_err(|e| SandboxError::BadScenario(path.to_owned(), e))
    }

    /// Adds an account that owes this much.
    pub fn owing(&mut self, code: &str, debt: i64) -> &mut Self {
        self.accounts.insert(
            code.to_owned(),
            ScenarioAccount {
                debt,
                ..ScenarioAccount::default()
            },
        );
        self
    }

    /// Adds an account of this kind.
    pub fn account(&mut self, code: &str, kind: DebtKind) -> &mut Self {
        self.accounts.insert(
            code.to_owned(),
            ScenarioAccount {
                kind,
                ..ScenarioAccount::default()
            },
        );
        self
    }

    /// Adds a fault that happens once, at this step of this account.
    pub fn fault(&mut self, at: &str, account: &str, action: FaultAction) -> &mut Self {
        let account = Some(account.to_owned()).filter(|a| !a.is_empty());
        self.faults.push(ScenarioFault {
            at: at.to_owned(),
            account,
            after: 0,
            times: 1,
            action,
        });
        self
    }
}
