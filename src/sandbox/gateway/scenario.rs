//! What the payment providers do wrong, and how they tell their news: data.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// How the payment providers behave. Every key has a default.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct GatewayScenario {
    /// What goes wrong, in the order in which it is looked for.
    pub faults: Vec<GatewayFault>,
    /// How webhooks and notices are sent.
    pub delivery: GatewayDelivery,
    /// Where PayOS and VNPay tell their news before anybody registered an address there.
    pub webhooks: Webhooks,
    /// Checksum keys that are not what their client id says: for a key that was changed at PayOS.
    pub checksum_keys: BTreeMap<String, String>,
    /// Calls that a provider takes in any second; more are answered 429. Without: any number.
    pub calls_per_s: Option<usize>,
    /// Agents that have no wallet.
    pub unlinked: BTreeSet<String>,
    /// Phones that nobody has Zalo on: ten digits.
    pub no_zalo: BTreeSet<String>,
    /// Phones that nobody has `HiFPT` on: ten digits.
    pub no_hifpt: BTreeSet<String>,
    /// Contracts that the company's own system has, as they are sent to us.
    pub contracts: Vec<Value>,
    /// What is in everybody's wallet, in đồng.
    pub wallet_balance: i64,
    /// Until when a one-time password works, in seconds after it was sent.
    pub otp_s: i64,
    /// When another one may be asked for, in seconds.
    pub resend_after_s: i64,
}

impl Default for GatewayScenario {
    fn default() -> Self {
        Self {
            faults: Vec::new(),
            delivery: GatewayDelivery::default(),
            webhooks: Webhooks::default(),
            checksum_keys: BTreeMap::new(),
            calls_per_s: None,
            unlinked: BTreeSet::new(),
            no_zalo: BTreeSet::new(),
            no_hifpt: BTreeSet::new(),
            contracts: Vec::new(),
            wallet_balance: 100_000_000,
            otp_s: 120,
            resend_after_s: 60,
        }
    }
}

/// Where news is told.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Webhooks {
    /// PayOS's.
    pub payos: Option<String>,
    /// VNPay's, which it registers by hand.
    pub vnpay: Option<String>,
}

/// How news is told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches are what it is")]
pub struct GatewayDelivery {
    /// Nothing is told at all.
    pub silent: bool,
    /// So many times more than once, all at the same moment.
    pub repeats: u32,
    /// So many milliseconds later.
    pub delay_ms: u64,
    /// Every other one comes after the one that follows it.
    pub reorder: bool,
    /// Before each one comes another that says ten times as much, under the same signature.
    pub forge: bool,
    /// How often it is sent again where it was not taken.
    pub retries: u32,
    /// How long after, in milliseconds; doubled each time.
    pub retry_ms: u64,
    /// PayOS's webhooks in the form that is signed in a header.
    pub seed_form: bool,
}

impl Default for GatewayDelivery {
    fn default() -> Self {
        Self {
            silent: false,
            repeats: 0,
            delay_ms: 0,
            reorder: false,
            forge: false,
            retries: 3,
            retry_ms: 500,
            seed_form: false,
        }
    }
}

/// Something that goes wrong at a call.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayFault {
    /// `payos.create`, `payos.get`, `payos.cancel`, `payos.confirm`, `vnpay.pay`, `vnpay.genqr`,
    /// `vnpay.query`, `vnpay.refund`, `wallet.link`, `wallet.create`, `wallet.get`, `wallet.otp`,
    /// `wallet.resend`, `wallet.cancel`, `smtp`, `esms.send`, `zalo.token`, `zalo.send`, `hifpt.send`,
    /// `backoffice.contract`, `backoffice.limit`, `backoffice.set_limit`, `backoffice.care`; or the part before the dot for all of it.
    pub at: String,
    /// Only for this order.
    #[serde(default)]
    pub order_code: Option<i64>,
    /// Lets this many calls pass first.
    #[serde(default)]
    pub after: u32,
    /// How often it happens; 0 is always.
    #[serde(default = "once")]
    pub times: u32,
    /// What happens.
    pub action: GatewayFaultAction,
}

const fn once() -> u32 {
    1
}

/// What happens. `done`: the work was done before the fault shows.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
#[expect(missing_docs, reason = "fields repeat what the variants say")]
pub enum GatewayFaultAction {
    /// No answer ever comes.
    Silent { done: bool },
    /// The right answer comes this much later.
    LateMs(u64),
    /// The connection breaks without an answer.
    Drop { done: bool },
    /// A page instead of JSON, with HTTP 200.
    Html { done: bool },
    /// An HTTP error; 429 brings `Retry-After`.
    Http {
        status: u16,
        done: bool,
        #[serde(default)]
        retry_after_s: Option<u64>,
    },
    /// HTTP 200 with this code, and nothing done.
    Refuse { code: String, text: String },
    /// The right answer under a wrong signature.
    WrongSignature,
    /// JSON that ends in the middle.
    Broken { done: bool },
}
