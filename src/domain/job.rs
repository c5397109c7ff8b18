//! What came in: raw rows from files, the API or the operator's keyboard, turned into jobs once.
//!
//! A bad row is named and kept out, the good ones go on; a duplicate is shown and done once.

use std::collections::HashMap;

use secrecy::SecretString;

use super::account::Account;
use super::money::Vnd;
use super::payment_type::PaymentType;
use super::phone::Phone;
use super::service::Service;
use super::ticket::Ticket;

/// One thing to do, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Job {
    /// For whom.
    pub account: Account,
    /// A top-up's amount; for a debt, what the operator expects to be quoted.
    pub amount: Option<Vnd>,
    /// The order that the job came from, where it came from one.
    pub order_id: Option<String>,
    /// Prepaid or postpaid, for the service that has both.
    pub payment: Option<PaymentType>,
    /// Where the receipt of this electricity bill goes; else where the batch's receipts go.
    pub receiver: Option<Phone>,
    /// Where it stood in its source, as a person would find it: `dòng 3`.
    pub row: String,
    /// Its claim at the place it came from, where that place wants to know what becomes of it.
    pub ticket: Option<Ticket>,
}

impl Job {
    /// The top-up's amount, where the job is one.
    pub fn top_up(&self, service: Service) -> Option<Vnd> {
        if service.is_top_up(self.payment) {
            self.amount
        } else {
            None
        }
    }

    /// What an attempt in doubt locks. A debt by service and account, whatever the period: a doubt
    /// from last month is still one. A top-up also by its amount: equal ones run strictly one after
    /// another.
    pub fn obligation(&self, service: Service) -> String {
        match self.top_up(service) {
            Some(amount) => format!("{service}|{}|{}", self.account.key(), amount.digits()),
            None => format!("{service}|{}", self.account.key()),
        }
    }

    /// What makes two rows one job: for a debt or a look-up the account, for a top-up also amount
    /// and order.
    pub fn identity(&self, service: Service) -> String {
        match self.top_up(service) {
            Some(amount) => {
                format!(
                    "{}|{}|{}",
                    self.account.key(),
                    amount.digits(),
                    self.order_id.as_deref().unwrap_or("")
                )
            }
            None => self.account.key(),
        }
    }
}

/// A row as it came, before anything is checked.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RawJob {
    /// Where it stands: `dòng 3`, `subscriber_codes[2]`.
    pub row: String,
    /// The account's text.
    pub account: String,
    /// The amount's text, if there is one.
    pub amount: Option<String>,
    /// The order id, if there is one.
    pub order_id: Option<String>,
    /// The payment type's text, if there is one.
    pub payment: Option<String>,
    /// The receiver's phone number, where the row has one of its own.
    pub receiver: Option<String>,
    /// Its claim at the place it came from.
    pub ticket: Option<Ticket>,
}

impl RawJob {
    /// Reads a line as the old tool's box has it: `code`, `code|order`, `phone|amount`,
    /// `phone|amount|order`.
    ///
    /// For a phone service the second part of two is an amount when it reads as one, else an order
    /// id.
    pub fn from_line(service: Service, row: impl Into<String>, line: &str) -> Self {
        let part = |text: &str| {
            Some(text.trim())
                .filter(|t| !t.is_empty())
                .map(str::to_owned)
        };
        let mut parts = line.split('|');
        let mut raw = Self {
            row: row.into(),
            account: parts.next().unwrap_or("").trim().to_owned(),
            ..Self::default()
        };
        let rest: Vec<&str> = parts.collect();
        let takes_amount = matches!(service, Service::TopUpMulti | Service::TopUpViettel);
        match rest.as_slice() {
            [] => {}
            [one] if takes_amount && Vnd::is_meant(one) => raw.amount = part(one),
            [one] if takes_amount && service == Service::TopUpViettel => raw.amount = part(one),
            [one] => raw.order_id = part(one),
            [amount, order, ..] => {
                raw.amount = part(amount);
                raw.order_id = part(order);
            }
        }
        raw
    }
}

/// What a whole list says for rows that do not say it themselves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Defaults {
    /// The amount of every top-up without one of its own.
    pub amount: Option<Vnd>,
    /// The payment type of every row without one of its own.
    pub payment: Option<PaymentType>,
}

/// A row that cannot be done, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RowError {
    /// Where it stands.
    pub row: String,
    /// The account's text as it came.
    pub account: String,
    /// The reason, in Vietnamese.
    pub why: String,
    /// Its claim at the place it came from.
    pub ticket: Option<Ticket>,
}

/// A row that says the same as an earlier one. It is shown and done once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Duplicate {
    /// Where it stands.
    pub row: String,
    /// The account.
    pub account: Account,
    /// Where the row stands that is done instead.
    pub first_row: String,
    /// Its claim at the place it came from.
    pub ticket: Option<Ticket>,
}

/// A list of jobs with everything that was left out of it.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct JobList {
    /// In the order of the source.
    pub jobs: Vec<Job>,
    /// Rows that cannot be done.
    pub errors: Vec<RowError>,
    /// Rows that say the same as an earlier one.
    pub duplicates: Vec<Duplicate>,
}

impl JobList {
    /// Checks every row. Nothing is dropped: a row becomes a job, an error or a duplicate.
    pub fn check(
        service: Service,
        defaults: Defaults,
        rows: impl IntoIterator<Item = RawJob>,
    ) -> Self {
        let mut list = Self::default();
        let mut first_of: HashMap<String, String> = HashMap::new();
        for raw in rows {
            match job(service, defaults, &raw) {
                Err(why) => list.errors.push(RowError {
                    row: raw.row,
                    account: raw.account,
                    why,
                    ticket: raw.ticket,
                }),
                Ok(job) => {
                    if let Some(first_row) = first_of.get(&job.identity(service)) {
                        list.duplicates.push(Duplicate {
                            row: job.row,
                            account: job.account,
                            first_row: first_row.clone(),
                            ticket: job.ticket,
                        });
                    } else {
                        first_of.insert(job.identity(service), job.row.clone());
                        list.jobs.push(job);
                    }
                }
            }
        }
        list
    }

    /// Reads a box of text, one job a line. Empty lines are no rows.
    pub fn from_lines(service: Service, defaults: Defaults, text: &str) -> Self {
        let rows = text
            .lines()
            .enumerate()
            .filter(|(_, line)| !line.trim().is_empty())
            .map(|(i, line)| RawJob::from_line(service, format!("dòng {}", i + 1), line));
        Self::check(service, defaults, rows)
    }

    /// The sum of all amounts that are known before the portal is asked.
    pub fn known_total(&self) -> Vnd {
        self.jobs.iter().filter_map(|j| j.amount).sum()
    }
}

/// A list with what came along with it: what a job file or the job API hands over.
#[derive(Debug, Clone, Default)]
pub struct Intake {
    /// The jobs, and what was left out.
    pub list: JobList,
    /// The phone number that electricity bills are receipted to.
    pub receiver_phone: Option<Phone>,
    /// The portal PIN. Used only where the operator's own configuration has none.
    pub pin: Option<SecretString>,
    /// The source says that this is sample data.
    pub is_sample: bool,
}

fn job(service: Service, defaults: Defaults, raw: &RawJob) -> Result<Job, String> {
    let spec = service.spec();
    let account = Account::parse(spec.account, &raw.account).map_err(|e| e.to_string())?;
    let own_amount = match raw
        .amount
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty())
    {
        Some(text) => Some(Vnd::typed(text).map_err(|e| e.to_string())?),
        None => None,
    };
    let own_payment = match raw
        .payment
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty())
    {
        Some(text) if spec.takes_payment_type => {
            Some(text.parse::<PaymentType>().map_err(|e| e.to_string())?)
        }
        _ => None,
    };
    let (payment, amount) = match service {
        Service::TopUpMulti => match own_payment
            .or(own_amount.map(|_| PaymentType::Prepaid))
            .or(defaults.payment)
        {
            // An amount is a top-up, no amount is a postpaid debt: the one rule that every source
            // keeps.
            Some(PaymentType::Prepaid) => {
                (Some(PaymentType::Prepaid), own_amount.or(defaults.amount))
            }
            Some(PaymentType::Postpaid) | None => (Some(PaymentType::Postpaid), own_amount),
        },
        Service::TopUpViettel => (None, own_amount.or(defaults.amount)),
        Service::PayEvn | Service::PayTvInternet => (None, own_amount),
        Service::LookUpFtth | Service::LookUpPostpaid => (None, None),
    };
    if service.is_top_up(payment) {
        let amount = amount.ok_or("thiếu số tiền nạp")?;
        if let Some(why) = spec.amounts.refuse(amount) {
            return Err(why);
        }
    } else if amount.is_some_and(Vnd::is_zero) {
        return Err("số tiền phải lớn hơn 0".to_owned());
    }
    let receiver = match raw
        .receiver
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty())
    {
        Some(text) if spec.takes_receiver_phone => {
            Some(text.parse::<Phone>().map_err(|e| e.to_string())?)
        }
        _ => None,
    };
    let order_id = raw
        .order_id
        .as_deref()
        .map(str::trim)
        .filter(|t| !t.is_empty())
        .map(str::to_owned);
    Ok(Job {
        account,
        amount,
        order_id,
        payment,
        receiver,
        row: raw.row.clone(),
        ticket: raw.ticket.clone(),
    })
}

#[cfg(test)]
mod tests;
