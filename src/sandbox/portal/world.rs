//! The portal's state: agents, debts, sessions, views, and the truth ledger.

use std::collections::HashMap;
use std::time::Duration;

use super::super::gateway::GatewayTruth;
use super::scenario::{
    Agent, DebtKind, FaultAction, Scenario, ScenarioAccount, ScenarioContract, Unlisted,
};
use super::truth::{Answers, Movement, Truth};
use super::view::View;

/// All of it, behind one lock.
#[derive(Debug)]
pub struct World {
    pub scenario: Scenario,
    seed: u64,
    balances: HashMap<String, i64>,
    debts: HashMap<String, i64>,
    sessions: HashMap<String, PortalSession>,
    views: HashMap<String, View>,
    movements: Vec<Movement>,
    fault_hits: HashMap<usize, u32>,
    next_id: u64,
    pub answers: Answers,
    /// Confirming requests on the wire, worked on or not.
    pub confirm_posts: u64,
}

/// A browser's session.
#[derive(Debug, Clone, Default)]
pub struct PortalSession {
    /// Logged in as this agent.
    pub agent: Option<String>,
    /// Password accepted, OTP outstanding.
    pub awaits_otp: Option<String>,
}

/// A payment as the confirm button asks for it.
#[derive(Debug, Clone)]
pub struct PortalOrder {
    pub agent: String,
    pub service: &'static str,
    pub account: String,
    /// Which debt goes down; `None` for a top-up.
    pub debt_key: Option<String>,
    pub amount: i64,
    pub pin: Option<String>,
}

impl World {
    pub fn new(scenario: Scenario, seed: u64) -> Self {
        let balances = scenario
            .agents
            .iter()
            .map(|a| (a.username.clone(), a.balance))
            .collect();
        Self {
            scenario,
            seed,
            balances,
            debts: HashMap::new(),
            sessions: HashMap::new(),
            views: HashMap::new(),
            movements: Vec::new(),
            fault_hits: HashMap::new(),
            next_id: 1,
            answers: Answers::default(),
            confirm_posts: 0,
        }
    }

    pub fn reset(&mut self) {
        *self = Self::new(self.scenario.clone(), self.seed);
    }

    pub fn truth(&self) -> Truth {
        let moved: Vec<&Movement> = self.movements.iter().filter(|m| m.moved).collect();
        Truth {
            asked: self.movements.len(),
            confirm_posts: self.confirm_posts,
            moved: moved.len(),
            total: moved.iter().map(|m| m.amount).sum(),
            movements: self.movements.clone(),
            balances: self.balances.iter().map(|(k, v)| (k.clone(), *v)).collect(),
            answers: self.answers,
            gateway: GatewayTruth::default(),
        }
    }

    pub fn took(&mut self, time: Duration) {
        self.answers.count += 1;
        self.answers.total_ms += time.as_secs_f64() * 1_000.0;
    }

    // ---- Agents and sessions ----------------------------------------------------------------------------------------

    pub fn balance(&self, agent: &str) -> i64 {
        self.balances.get(agent).copied().unwrap_or_default()
    }

    pub fn agent(&self, username: &str) -> Option<Agent> {
        self.scenario
            .agents
            .iter()
            .find(|a| a.username == username)
            .cloned()
    }

    pub fn session(&mut self, id: &str) -> &mut PortalSession {
        self.sessions.entry(id.to_owned()).or_default()
    }

    pub fn logged_in(&self, id: &str) -> Option<Agent> {
        self.agent(self.sessions.get(id)?.agent.as_deref()?)
    }

    pub fn expire(&mut self, session: &str) {
        self.sessions.remove(session);
        self.views.retain(|_, view| view.session != session);
    }

    pub fn expire_all(&mut self) {
        self.sessions.clear();
        self.views.clear();
    }

    // ---- Views ------------------------------------------------------------------------------------------------------

    /// Keeps a view and says the value that the page carries: two signed numbers.
    pub fn keep_view(&mut self, view: View) -> String {
        let key = format!("{}:{}", rand::random::<i64>(), rand::random::<i64>());
        self.views.insert(key.clone(), view);
        key
    }

    /// Takes a view out; its answer brings a new value. A stale or foreign value finds none.
    pub fn take_view(&mut self, key: &str, session: &str) -> Option<View> {
        let fits = self.views.get(key).is_some_and(|v| v.session == session);
        if fits { self.views.remove(key) } else { None }
    }

    /// Puts a view back whose request was never worked on.
    pub fn restore_view(&mut self, key: &str, view: View) {
        self.views.insert(key.to_owned(), view);
    }

    // ---- Accounts ---------------------------------------------------------------------------------------------------

    /// What an account is like, by the scenario or made up from the seed.
    pub fn account(&self, code: &str) -> ScenarioAccount {
        if let Some(account) = self.scenario.accounts.get(code) {
            return account.clone();
        }
        let hash = self.hash(code);
        let owing = || ScenarioAccount {
            debt: 20_000 + i64::try_from(hash / 128 % 880).unwrap_or(0) * 1_000,
            ..ScenarioAccount::default()
        };
        match (self.scenario.unlisted, hash % 100) {
            (Unlisted::NotFound, _) | (Unlisted::Mixed, 80..86) => ScenarioAccount {
                kind: DebtKind::NotFound,
                ..ScenarioAccount::default()
            },
            (Unlisted::Mixed, 86..94) => ScenarioAccount {
                kind: DebtKind::NoDebt,
                ..ScenarioAccount::default()
            },
            (Unlisted::Mixed, 94..100) => ScenarioAccount {
                debt: 3_000,
                ..ScenarioAccount::default()
            },
            _ => owing(),
        }
    }

    /// A number that looks random and is the same for the same seed and text (FNV-1a, then mixed).
    pub fn hash(&self, text: &str) -> u64 {
        let fnv = text
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325 ^ self.seed, |h, b| {
                (h ^ u64::from(b)).wrapping_mul(0x0100_0000_01b3)
            });
        (fnv ^ (fnv >> 29)).wrapping_mul(0xbf58_476d_1ce4_e5b9) >> 11
    }

    /// What an account owes now.
    pub fn debt(&self, key: &str, at_first: i64) -> i64 {
        self.debts.get(key).copied().unwrap_or(at_first)
    }

    pub fn raise_debt(&mut self, key: &str, at_first: i64, by: i64) {
        let now = self.debt(key, at_first);
        self.debts.insert(key.to_owned(), now + by);
    }

    /// The contracts of a subscriber, with what each owes now.
    pub fn contracts(&self, code: &str, account: &ScenarioAccount) -> Vec<ScenarioContract> {
        let mut contracts = account.contracts.clone();
        if contracts.is_empty() {
            contracts.push(ScenarioContract {
                number: format!("6{:08}", self.hash(code) % 100_000_000),
                owner: "NGUYỄN VĂN A".to_owned(),
                subscriber: code.to_owned(),
                debt: account.debt,
            });
        }
        for contract in &mut contracts {
            contract.debt = self.debt(&contract.number, contract.debt);
        }
        contracts
    }

    // ---- Money ------------------------------------------------------------------------------------------------------

    pub fn empty_balance(&mut self, agent: &str) {
        self.balances.insert(agent.to_owned(), 0);
    }

    /// The one place where money moves: recorded whether it does or not. `Ok` brings the
    /// transaction id.
    pub fn pay(&mut self, order: &PortalOrder, at_first: i64) -> Result<String, String> {
        let texts = self.scenario.texts.clone();
        let minimum = self.scenario.switches.minimum;
        let before = self.balance(&order.agent);
        let pin_ok = match (&order.pin, self.agent(&order.agent)) {
            (Some(pin), Some(agent)) => *pin == agent.pin,
            // The page has no PIN field.
            (None, Some(_)) => true,
            _ => false,
        };
        let owed = order.debt_key.as_ref().map(|key| self.debt(key, at_first));
        let refusal = if !pin_ok {
            Some(texts.wrong_pin)
        } else if order.amount <= 0 {
            Some(texts.bad_amount)
        } else if owed == Some(0) {
            Some(texts.already_paid)
        } else if owed.is_some_and(|owed| owed != order.amount) {
            Some(texts.bad_amount)
        } else if order.amount < minimum {
            Some(texts.below_minimum)
        } else if before < order.amount {
            Some(texts.balance_too_low)
        } else {
            None
        };
        let id = self.next_id;
        self.next_id += 1;
        let moved = refusal.is_none();
        let transaction_id = moved.then(|| format!("VTP{:010}", 20_260_000 + id));
        let after = if moved { before - order.amount } else { before };
        if moved {
            self.balances.insert(order.agent.clone(), after);
            if let Some(key) = &order.debt_key {
                self.debts.insert(key.clone(), 0);
            }
        }
        self.movements.push(Movement {
            id,
            at: jiff::Timestamp::now().to_string(),
            arrived: std::time::Instant::now(),
            agent: order.agent.clone(),
            service: order.service.to_owned(),
            account: order.account.clone(),
            amount: order.amount,
            pin_ok,
            moved,
            refusal: refusal.clone(),
            transaction_id: transaction_id.clone(),
            balance_before: before,
            balance_after: after,
        });
        match (transaction_id, refusal) {
            (Some(id), _) => Ok(id),
            (None, refusal) => Err(refusal.unwrap_or_default()),
        }
    }

    /// The payments of an agent that the history shows by now, newest first.
    pub fn history(&self, agent: &str) -> Vec<Movement> {
        let delay = Duration::from_millis(self.scenario.switches.history_delay_ms);
        let shown = |m: &&Movement| m.moved && m.agent == agent && m.arrived.elapsed() >= delay;
        self.movements.iter().rev().filter(shown).cloned().collect()
    }

    // ---- Faults -----------------------------------------------------------------------------------------------------

    /// Every fault that is due at this step of this account, counted as having happened.
    pub fn faults(&mut self, at: &str, account: &str) -> Vec<FaultAction> {
        let mut due = Vec::new();
        for (i, fault) in self.scenario.faults.iter().enumerate() {
            if fault.at != at
                || fault
                    .account
                    .as_deref()
                    .is_some_and(|wanted| wanted != account)
            {
                continue;
            }
            let hits = self.fault_hits.entry(i).or_default();
            *hits += 1;
            if *hits > fault.after && (fault.times == 0 || *hits <= fault.after + fault.times) {
                due.push(fault.action.clone());
            }
        }
        due
    }

    pub fn forget_fault_hits(&mut self) {
        self.fault_hits.clear();
    }
}

#[cfg(test)]
mod tests;
