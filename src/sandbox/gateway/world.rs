//! The providers' state, behind one lock.

use std::collections::{BTreeMap, HashMap};

use super::payos::PayOsLink;
use super::scenario::{GatewayFaultAction, GatewayScenario};
use super::truth::{
    GatewayCall, GatewayMail, GatewayMessage, GatewayTransfer, GatewayTruth, GatewayWebhook,
};
use super::vnpay::VnPayOrder;
use super::wallet::WalletPayment;

/// The most that is kept of each list of the truth: a sandbox may run for days.
const KEPT_MAX: usize = 200_000;

/// All of it.
#[derive(Debug, Default)]
pub struct World {
    pub scenario: GatewayScenario,
    /// By client id and order code.
    pub payos: BTreeMap<(String, i64), PayOsLink>,
    /// Addresses that were registered, by client id.
    pub payos_webhooks: HashMap<String, String>,
    /// By terminal and reference.
    pub vnpay: BTreeMap<(String, String), VnPayOrder>,
    /// By id.
    pub wallet: BTreeMap<String, WalletPayment>,
    pub transfers: Vec<GatewayTransfer>,
    pub webhooks: Vec<GatewayWebhook>,
    pub mails: Vec<GatewayMail>,
    pub messages: Vec<GatewayMessage>,
    calls: Vec<GatewayCall>,
    fault_hits: HashMap<usize, u32>,
    next: u64,
}

impl World {
    pub fn new(scenario: GatewayScenario) -> Self {
        Self {
            scenario,
            ..Self::default()
        }
    }

    /// A number that was not used before.
    pub fn number(&mut self) -> u64 {
        self.next += 1;
        self.next
    }

    /// A scenario takes another's place: where it has other faults, they start anew.
    pub fn follow(&mut self, scenario: GatewayScenario) {
        if self.scenario.faults != scenario.faults {
            self.fault_hits.clear();
        }
        self.scenario = scenario;
    }

    /// Writes a call down, and says what goes wrong with it.
    pub fn called(&mut self, at: &str, order_code: Option<i64>) -> Option<GatewayFaultAction> {
        let call = GatewayCall {
            at: at.to_owned(),
            order_code,
            at_ms: now_ms(),
        };
        keep(&mut self.calls, call);
        let whole = at.split('.').next().unwrap_or(at);
        for (index, fault) in self.scenario.faults.iter().enumerate() {
            let is_meant = (fault.at == at || fault.at == whole)
                && (fault.order_code.is_none() || fault.order_code == order_code);
            if !is_meant {
                continue;
            }
            let hits = self.fault_hits.entry(index).or_default();
            *hits += 1;
            let is_due = *hits > fault.after
                && (fault.times == 0 || *hits <= fault.after.saturating_add(fault.times));
            if is_due {
                return Some(fault.action.clone());
            }
        }
        None
    }

    pub fn moved(&mut self, transfer: GatewayTransfer) {
        keep(&mut self.transfers, transfer);
    }

    pub fn truth(&self) -> GatewayTruth {
        let payos = self.payos.values().map(PayOsLink::shown);
        let vnpay = self.vnpay.values().map(VnPayOrder::shown);
        let wallet = self.wallet.values().map(WalletPayment::shown);
        GatewayTruth {
            calls: self.calls.clone(),
            links: payos.chain(vnpay).chain(wallet).collect(),
            transfers: self.transfers.clone(),
            webhooks: self.webhooks.clone(),
            mails: self.mails.clone(),
            messages: self.messages.clone(),
        }
    }
}

/// Adds to a list that has an end.
pub fn keep<T>(list: &mut Vec<T>, one: T) {
    if list.len() >= KEPT_MAX {
        list.drain(..KEPT_MAX / 10);
    }
    list.push(one);
}

pub fn now_ms() -> i64 {
    jiff::Timestamp::now().as_millisecond()
}

/// Viet Nam's time, in a form.
pub fn local(ms: i64, form: &str) -> String {
    const AHEAD_MS: i64 = 7 * 3_600_000;
    jiff::Timestamp::from_millisecond(ms + AHEAD_MS)
        .map_or_else(|_| String::new(), |at| at.strftime(form).to_string())
}

/// RFC 3339.
pub fn instant(ms: i64) -> String {
    jiff::Timestamp::from_millisecond(ms).map_or_else(|_| String::new(), |at| at.to_string())
}
