//! Texts as a job, whoever wrote them. There is no other way to a job.

use crate::domain::job::Defaults;
use crate::domain::phone::with_zero;
use crate::domain::{Account, AccountKind, Job, JobList, PaymentType, Phone, RawJob, Service};
use crate::store::catalogue::work::jobs;
use crate::store::jobs::{JobOrigin, NewJob};

/// Characters of an order's id, a period, a note.
const ORDER_MAX: usize = 255;
const PERIOD_MAX: usize = 32;
const NOTE_MAX: usize = 2_000;
/// Smaller is earlier; 100 is the usual.
const PRIORITY: std::ops::RangeInclusive<i64> = 0..=1_000_000;
const USUAL_PRIORITY: i64 = 100;

/// What is said of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum JobField {
    /// Its service, by wire name or title.
    Service,
    /// Bill code, subscriber code or phone number; also `phone|amount` and `code|order`.
    Code,
    /// A top-up's amount, or what a debt is expected to be.
    Amount,
    /// Prepaid or postpaid, for the service that has both.
    PaymentType,
    /// Where a bill is receipted to.
    ReceiverPhone,
    /// The order that it came from.
    OrderId,
    /// The billing period.
    Period,
    /// For people.
    Note,
    /// Smaller is earlier.
    Priority,
}

impl JobField {
    /// Its name in forms and files: the column that it goes into.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Service => jobs::SERVICE.name,
            Self::Code => jobs::CODE.name,
            Self::Amount => jobs::AMOUNT.name,
            Self::PaymentType => jobs::PAYMENT_TYPE.name,
            Self::ReceiverPhone => jobs::RECEIVER_PHONE.name,
            Self::OrderId => jobs::ORDER_ID.name,
            Self::Period => jobs::PERIOD.name,
            Self::Note => jobs::NOTE.name,
            Self::Priority => jobs::PRIORITY.name,
        }
    }
}

/// Why texts are no job: which of them, and what is wrong with it, for people.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TextFault {
    /// Which.
    pub field: JobField,
    /// What is wrong.
    pub why: String,
}

impl TextFault {
    fn new(field: JobField, why: impl Into<String>) -> Self {
        Self {
            field,
            why: why.into(),
        }
    }
}

/// A job as somebody wrote it: a text for each field, empty where nothing is said.
#[derive(Debug, Clone, Default)]
pub struct JobText {
    pub service: String,
    pub code: String,
    pub amount: String,
    pub payment_type: String,
    pub receiver_phone: String,
    pub order_id: String,
    pub period: String,
    pub note: String,
    pub priority: String,
}

impl JobText {
    /// Reads each field.
    pub fn of<'t>(text: impl Fn(JobField) -> &'t str) -> Self {
        let text = |field| text(field).trim().to_owned();
        Self {
            service: text(JobField::Service),
            code: text(JobField::Code),
            amount: text(JobField::Amount),
            payment_type: text(JobField::PaymentType),
            receiver_phone: text(JobField::ReceiverPhone),
            order_id: text(JobField::OrderId),
            period: text(JobField::Period),
            note: text(JobField::Note),
            priority: text(JobField::Priority),
        }
    }

    /// The job that these texts say. `usual` is its service where they do not say one.
    pub fn job(&self, usual: Option<Service>, source: JobOrigin) -> Result<NewJob, TextFault> {
        let service = match self.service.as_str() {
            "" => usual.ok_or_else(|| TextFault::new(JobField::Service, "thiếu dịch vụ"))?,
            name => Service::named(name).ok_or_else(|| {
                TextFault::new(JobField::Service, format!("không có dịch vụ {name:?}"))
            })?,
        };
        let job = checked(service, self.raw(service)?)?;
        let fits = |field, text: Option<&str>, most: usize, why: &str| {
            if text.is_none_or(|t| t.chars().count() <= most) {
                Ok(())
            } else {
                Err(TextFault::new(field, why))
            }
        };
        let (note, period) = (filled(&self.note), filled(&self.period));
        fits(JobField::Note, note, NOTE_MAX, "ghi chú quá dài")?;
        fits(JobField::Period, period, PERIOD_MAX, "kỳ quá dài")?;
        fits(
            JobField::OrderId,
            job.order_id.as_deref(),
            ORDER_MAX,
            "mã đơn quá dài",
        )?;
        Ok(NewJob {
            receiver_phone: self.receiver()?,
            note: note.map(str::to_owned),
            period: period.map(str::to_owned),
            priority: self.priority()?,
            ..NewJob::of(service, &job, source)
        })
    }

    /// The code's line and the fields beside it. Where both say something they have to agree: what
    /// was written twice is not dropped in silence.
    fn raw(&self, service: Service) -> Result<RawJob, TextFault> {
        let line = RawJob::from_line(service, "", &self.code);
        let mut account = line.account;
        // A spreadsheet takes a phone number for a number, and its zero away.
        if service.spec().account == AccountKind::Phone
            && account.chars().all(|c| c.is_ascii_digit())
        {
            account = with_zero(account);
        }
        if account.is_empty() {
            return Err(TextFault::new(JobField::Code, "thiếu mã"));
        }
        Ok(RawJob {
            account,
            amount: one_of(JobField::Amount, line.amount, &self.amount, |text| {
                text.parse::<crate::domain::Vnd>().ok()
            })?,
            order_id: one_of(JobField::OrderId, line.order_id, &self.order_id, |text| {
                Some(text.to_owned())
            })?,
            payment: filled(&self.payment_type).map(str::to_owned),
            ..RawJob::default()
        })
    }

    fn receiver(&self) -> Result<Option<String>, TextFault> {
        let Some(phone) = filled(&self.receiver_phone) else {
            return Ok(None);
        };
        match with_zero(phone.to_owned()).parse::<Phone>() {
            Ok(phone) => Ok(Some(phone.as_str().to_owned())),
            Err(fault) => Err(TextFault::new(JobField::ReceiverPhone, fault.to_string())),
        }
    }

    fn priority(&self) -> Result<i64, TextFault> {
        let Some(text) = filled(&self.priority) else {
            return Ok(USUAL_PRIORITY);
        };
        text.parse()
            .ok()
            .filter(|p| PRIORITY.contains(p))
            .ok_or_else(|| TextFault::new(JobField::Priority, "ưu tiên là số từ 0 đến 1.000.000"))
    }
}

fn filled(text: &str) -> Option<&str> {
    Some(text.trim()).filter(|text| !text.is_empty())
}

/// What is said within the line or beside it.
fn one_of<T: PartialEq>(
    field: JobField,
    in_line: Option<String>,
    beside: &str,
    meaning: impl Fn(&str) -> Option<T>,
) -> Result<Option<String>, TextFault> {
    match (in_line, filled(beside)) {
        (Some(line), Some(beside)) if meaning(&line) != meaning(beside) => Err(TextFault::new(
            field,
            format!("mã ghi {line:?} mà ô bên cạnh ghi {beside:?}"),
        )),
        (line, beside) => Ok(beside.map(str::to_owned).or(line)),
    }
}

/// One row through the same check that any list of jobs passes.
fn checked(service: Service, raw: RawJob) -> Result<Job, TextFault> {
    let field = blamed(service, &raw);
    let mut list = JobList::check(service, Defaults::default(), [raw]);
    if let Some(fault) = list.errors.pop() {
        return Err(TextFault::new(field, fault.why));
    }
    list.jobs
        .pop()
        .ok_or_else(|| TextFault::new(JobField::Code, "dòng trống"))
}

/// The field that is to blame if the row is refused.
fn blamed(service: Service, raw: &RawJob) -> JobField {
    if Account::parse(service.spec().account, &raw.account).is_err() {
        return JobField::Code;
    }
    match &raw.payment {
        Some(payment) if payment.parse::<PaymentType>().is_err() => JobField::PaymentType,
        // Only one service has the choice.
        None if raw.amount.is_none() && service == Service::TopUpMulti => JobField::PaymentType,
        _ => JobField::Amount,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::Vnd;

    fn job(service: Service, code: &str, amount: &str) -> Result<NewJob, TextFault> {
        let text = JobText {
            code: code.to_owned(),
            amount: amount.to_owned(),
            ..JobText::default()
        };
        text.job(Some(service), JobOrigin::Api)
    }

    #[test]
    fn what_stands_behind_a_bar_is_read_and_not_dropped() {
        let amount = |code, amount| {
            job(Service::TopUpMulti, code, amount).map(|job| job.amount.map(Vnd::dong))
        };
        assert_eq!(amount("0912000333|50000", ""), Ok(Some(50_000)));
        assert_eq!(amount("0912000333|50000", "50.000đ"), Ok(Some(50_000)));
        let fault = amount("0912000333|70000", "50000").expect_err("two amounts");
        assert_eq!(fault.field, JobField::Amount);
        let bill = job(Service::PayEvn, "PE01000100077|DON-77", "").expect("a bill");
        assert_eq!(bill.order_id.as_deref(), Some("DON-77"));
    }

    #[test]
    fn a_fault_names_its_field() {
        let fault = |service, code, amount| job(service, code, amount).expect_err(code).field;
        assert_eq!(fault(Service::PayEvn, "", ""), JobField::Code);
        assert_eq!(fault(Service::TopUpViettel, "12", "50000"), JobField::Code);
        assert_eq!(
            fault(Service::TopUpViettel, "0981234567", ""),
            JobField::Amount
        );
    }
}
