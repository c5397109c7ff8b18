//! A batch as it is asked for.

use std::collections::HashSet;

use secrecy::SecretString;

use crate::domain::{Job, JobList, Limits, ListChoice, Phone, Service};
use crate::portal::Credentials;

/// Everything that one batch needs.
#[derive(Debug, Clone)]
pub struct Plan {
    /// What is done.
    pub service: Service,
    /// For whom, checked.
    pub list: JobList,
    /// The phone that electricity bills are receipted to.
    pub receiver: Option<Phone>,
    /// Confirms payments.
    pub pin: Option<SecretString>,
    /// For logging in.
    pub credentials: Credentials,
    /// Who the browser must be logged in as. `None`: whoever it is (look-ups only).
    pub agent: Option<String>,
    /// Who works here.
    pub operator: String,
    /// What must not be exceeded.
    pub limits: Limits,
    /// The source says that these are sample data: nobody ordered them, so they are never paid.
    pub is_sample: bool,
    /// Stop before arming.
    pub dry_run: bool,
    /// What a person has said about an earlier batch of the same list.
    pub choice: ListChoice,
    /// Which equal top-ups a person has said shall be made once more.
    pub repeats: Repeats,
    /// Logins that work at the same time, at most.
    pub sessions: usize,
}

/// Equal top-ups (the same number and amount, a short while ago) that are meant.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum Repeats {
    /// None: each is held back and asked about.
    #[default]
    None,
    /// Those jobs, by [`Job::identity`].
    These(HashSet<String>),
    /// All of them.
    All,
}

impl Repeats {
    /// Is this one meant?
    pub fn are_meant(&self, service: Service, job: &Job) -> bool {
        match self {
            Self::None => false,
            Self::These(jobs) => jobs.contains(&job.identity(service)),
            Self::All => true,
        }
    }
}

/// Why a plan cannot be carried out. Checked before a browser is started.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum PlanError {
    /// Nothing to do.
    #[error("Danh sách không có dòng nào làm được. (No jobs.)")]
    Empty,
    /// Sample data, which a source makes up where it has no jobs.
    #[error(
        "Nguồn chỉ có dữ liệu mẫu (source: mock), không phải đơn hàng thật; không thanh toán cho người lạ. (Sample data is never paid.)"
    )]
    Sample,
    /// Payments need the PIN.
    #[error(
        "Chưa có mã PIN. Đặt bằng: gachno config set portal.pin --stdin (hoặc nhập trong cửa sổ). (No PIN.)"
    )]
    NoPin,
    /// Payments need to know whose account pays.
    #[error(
        "Chưa đặt mã đại lý. Đặt bằng: gachno config set portal.username --stdin. Không thanh toán khi chưa biết tài khoản nào trả. (No portal user.)"
    )]
    NoAgent,
}

impl Plan {
    /// Can it be carried out?
    pub fn check(&self) -> Result<(), PlanError> {
        if self.list.jobs.is_empty() {
            return Err(PlanError::Empty);
        }
        if self.service.is_payment() && self.is_sample {
            return Err(PlanError::Sample);
        }
        if self.service.is_payment() && self.pin.is_none() {
            return Err(PlanError::NoPin);
        }
        if self.service.is_payment() && self.agent.is_none() {
            return Err(PlanError::NoAgent);
        }
        Ok(())
    }
}
