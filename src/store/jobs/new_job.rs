//! A job that is to be added, and what makes two of them the same.

use crate::domain::{Account, Job, PaymentType, Service, Vnd};
use crate::store::base::search_text::search_text;
use crate::store::digest;

/// Who or what brought a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobOrigin {
    /// Another program.
    Api,
    /// A file.
    Import,
    /// A person, by hand.
    Admin,
    /// What is to be collected.
    Collection,
    /// What a collector took at a door.
    Desk,
    /// A demonstration or a measurement.
    Sample,
}

impl JobOrigin {
    /// The name in the database.
    pub const fn wire(self) -> &'static str {
        match self {
            Self::Api => "api",
            Self::Import => "import",
            Self::Admin => "admin",
            Self::Collection => "collection",
            Self::Desk => "desk",
            Self::Sample => "sample",
        }
    }
}

/// A job to be added.
#[derive(Debug, Clone)]
pub struct NewJob {
    /// What is to be done.
    pub service: Service,
    /// For whom.
    pub account: Account,
    /// A top-up's amount.
    pub amount: Option<Vnd>,
    /// What a debt is expected to be.
    pub expected_amount: Option<Vnd>,
    /// Where an electricity bill is receipted to.
    pub receiver_phone: Option<String>,
    /// Prepaid or postpaid, for the service that has both.
    pub payment: Option<PaymentType>,
    /// The billing period.
    pub period: Option<String>,
    /// The order it came from.
    pub order_id: Option<String>,
    /// Who or what brought it.
    pub source: JobOrigin,
    /// For people.
    pub note: Option<String>,
    /// Smaller is earlier.
    pub priority: i64,
    /// Not before this time.
    pub run_at: i64,
    /// The import that brought it.
    pub import_id: Option<i64>,
    /// The collection row that it settles.
    pub collection_data_id: Option<i64>,
    /// The item of a contract that it settles.
    pub contract_item_id: Option<i64>,
    /// The same key twice is the same job.
    pub key: Option<String>,
    /// Whose numbering the key is of: the machine that sent it. Two that number from 1 mean
    /// different jobs.
    pub key_of: Option<i64>,
}

impl NewJob {
    /// A job as the intake checked it.
    pub fn of(service: Service, job: &Job, source: JobOrigin) -> Self {
        let top_up = job.top_up(service);
        Self {
            service,
            account: job.account.clone(),
            amount: top_up,
            expected_amount: if top_up.is_some() { None } else { job.amount },
            receiver_phone: job.receiver.as_ref().map(|phone| phone.as_str().to_owned()),
            payment: job.payment,
            period: None,
            order_id: job.order_id.clone(),
            source,
            note: None,
            priority: 100,
            run_at: 0,
            import_id: None,
            collection_data_id: None,
            contract_item_id: None,
            key: None,
            key_of: None,
        }
    }

    /// What locks when money is on its way.
    pub(super) fn debt_key(&self) -> String {
        format!("{}|{}", self.service, self.account.key())
    }

    /// What two open jobs must not have in common.
    pub(in crate::store) fn live_key(&self) -> String {
        live_key(
            &self.debt_key(),
            self.amount.map(Vnd::dong),
            self.order_id.as_deref(),
            self.contract_item_id,
        )
    }

    /// What the key is kept as.
    pub(super) fn add_key(&self) -> Option<String> {
        let key = self.key.as_ref()?;
        Some(self.key_of.map_or_else(
            || digest(key.as_bytes()),
            |machine| digest(format!("{machine}|{key}").as_bytes()),
        ))
    }

    /// What a version kept it as to which keys were everybody's.
    pub(super) fn old_add_key(&self) -> Option<String> {
        let key = self.key.as_ref().filter(|_| self.key_of.is_some())?;
        Some(digest(key.as_bytes()))
    }

    pub(super) fn search_text(&self) -> String {
        search_text([
            Some(self.account.as_str()),
            self.order_id.as_deref(),
            self.note.as_deref(),
        ])
    }
}

/// What two open jobs must not have in common: the debt, a top-up's amount, the order; at a door the item,
/// for two bills on one receipt may be of one account.
pub(super) fn live_key(
    debt_key: &str,
    amount: Option<i64>,
    order_id: Option<&str>,
    item: Option<i64>,
) -> String {
    let amount = amount.map(|dong| dong.to_string()).unwrap_or_default();
    let item = item.map(|id| format!("|item {id}")).unwrap_or_default();
    digest(format!("{debt_key}|{amount}|{}{item}", order_id.unwrap_or_default()).as_bytes())
}
