//! The providers' state, behind one lock.

use std::collections::{BTreeMap, HashMap};

use super::payos::link::PayOsLink;
use super::scenario::{GatewayFaultAction, GatewayScenario};
use super::time::now_ms;
use super::truth::{
    GatewayCall, GatewayCare, GatewayLimit, GatewayMail, GatewayMessage, GatewayRefund,
    GatewayTransfer, GatewayTruth, GatewayWebhook,
};
use super::vnpay::order::VnPayOrder;
use super::wallet::payment::WalletPayment;

/// The most that is kept of each list of the truth: a sandbox may run for days.
const KEPT_MAX: usize = 200_000;

/// All of it.
#[derive(Debug, Default)]
pub struct GatewayWorld {
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
    /// By person.
    pub limits: BTreeMap<String, GatewayLimit>,
    pub care: Vec<GatewayCare>,
    pub refunds: Vec<GatewayRefund>,
    /// How often Zalo's token was renewed.
    pub zalo_renewed: u64,
    calls: Vec<GatewayCall>,
    fault_hits: HashMap<usize, u32>,
    next: u64,
    told: u64,
    over_the_limit: u64,
}

impl GatewayWorld {
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

    /// Which piece of news is told now: every other one can be held back.
    pub fn telling(&mut self) -> u64 {
        self.told += 1;
        self.told
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
        let whole = at.split('.').next().unwrap_or(at);
        let is_too_many = self.is_too_many(whole, call.at_ms);
        keep(&mut self.calls, call);
        if is_too_many {
            self.over_the_limit += 1;
            return Some(GatewayFaultAction::Http {
                status: 429,
                done: false,
                retry_after_s: Some(1),
            });
        }
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

    /// Were there as many calls in the last second as a provider takes?
    fn is_too_many(&self, provider: &str, now_ms: i64) -> bool {
        let Some(limit) = self.scenario.calls_per_s.filter(|_| provider != "smtp") else {
            return false;
        };
        let recent = self
            .calls
            .iter()
            .rev()
            .take_while(|call| call.at_ms > now_ms - 1_000);
        recent.filter(|call| call.at.starts_with(provider)).count() >= limit
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
            over_the_limit: self.over_the_limit,
            links: payos.chain(vnpay).chain(wallet).collect(),
            transfers: self.transfers.clone(),
            webhooks: self.webhooks.clone(),
            mails: self.mails.clone(),
            messages: self.messages.clone(),
            limits: self.limits.clone(),
            care: self.care.clone(),
            refunds: self.refunds.clone(),
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
