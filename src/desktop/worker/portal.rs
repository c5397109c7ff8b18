//! What the worker does on the portal: batches, and looking into doubts.

use tokio::sync::mpsc::unbounded_channel;
use tokio::task::JoinHandle;

use super::Teller;
use super::ask::tell_known;
use super::message::{PortalUpdate, RunRequest, Update};
use super::open::Open;
use crate::app;
use crate::browser::FetchPolicy;
use crate::desktop::words::said;
use crate::domain::{Intake, Service};
use crate::engine::{self, Control, EngineError, Plan, Reporter, Tools};
use crate::ledger::StoppedList;

/// Runs a batch, and tells how it ended.
pub async fn run(open: &Open, request: RunRequest, teller: &Teller) {
    let is_auto = request.is_auto;
    let ended = Box::pin(batch(open, request, teller)).await;
    // It may be the browser that has renewed itself meanwhile, or the driver that was fetched.
    if ended.is_err() || is_auto {
        open.check_browser(teller);
    }
    tell_known(&open.tools.ledger, teller).await;
    teller.tell(Update::Portal(match ended {
        Err(BatchEnd::Ask(list)) => PortalUpdate::Stopped(list),
        Err(BatchEnd::Fault(why)) => PortalUpdate::Ended(Err(why)),
        Ok(()) => PortalUpdate::Ended(Ok(())),
    }));
}

/// Why a batch did not go through.
enum BatchEnd {
    /// A person has to choose first.
    Ask(StoppedList),
    /// It cannot, for this reason.
    Fault(String),
}

impl From<String> for BatchEnd {
    fn from(why: String) -> Self {
        Self::Fault(why)
    }
}

async fn batch(open: &Open, request: RunRequest, teller: &Teller) -> Result<(), BatchEnd> {
    let service = request.service;
    // What one source handed out is never asked about at another, and never paid unasked.
    if request.link.is_some_and(|link| link != open.link.id) {
        return Err(
            "Nơi lấy dữ liệu đã đổi từ khi lấy danh sách này. Bấm Get dữ liệu để lấy lại. (Jobs come from elsewhere now; fetch them again.)"
                .to_owned()
                .into(),
        );
    }
    let link = match request.link {
        Some(_) => Some(open.find_link().await?),
        None => open.link.known(),
    };
    let mut plan: Plan = app::plan(&open.config, &open.secrets, service, request.intake);
    plan.pin = plan.pin.or(request.pin);
    plan.dry_run = request.dry_run;
    plan.choice = request.choice;
    plan.repeats = request.repeats;
    if !request.operator.is_empty() {
        plan.operator = request.operator;
    }
    if let Some(link) = &link {
        // What was taken out of the list by hand is for others.
        link.keep_only(
            service,
            plan.list.jobs.iter().filter_map(|job| job.ticket.as_ref()),
        )
        .await;
    }
    let mut tools = Tools {
        claims: link.and_then(|link| link.claims.clone()),
        ..open.tools.clone()
    };
    // A browser that renews itself overnight must not stop it.
    let policy = &mut tools.browser.supply.policy;
    if request.is_auto && *policy == FetchPolicy::Ask {
        *policy = FetchPolicy::Always;
    }
    let (reporter, forward) = forwarded(teller);
    let ended = engine::run(&tools, &plan, &reporter, &request.control).await;
    drop(reporter);
    let _ = forward.await;
    match ended {
        Ok(_) => Ok(()),
        Err(EngineError::Stopped(list)) => Err(BatchEnd::Ask(list)),
        Err(error) => Err(BatchEnd::Fault(said(error))),
    }
}

/// Looks into everything that is in doubt, and tells how much of it is settled.
pub async fn reconcile(open: &Open, control: &Control, teller: &Teller) {
    let plan = app::plan(
        &open.config,
        &open.secrets,
        Service::LookUpFtth,
        Intake::default(),
    );
    let (reporter, forward) = forwarded(teller);
    let looked = engine::reconcile(&open.tools, &plan, &reporter, control).await;
    drop(reporter);
    let _ = forward.await;
    tell_known(&open.tools.ledger, teller).await;
    let settled = looked
        .map(|all| {
            all.iter()
                .filter(|(_, attempt)| !attempt.state.is_in_doubt())
                .count()
        })
        .map_err(said);
    teller.tell(Update::Portal(PortalUpdate::Reconciled(settled)));
}

/// A reporter whose events reach the window. The task ends when the reporter is gone.
fn forwarded(teller: &Teller) -> (Reporter, JoinHandle<()>) {
    let (sender, mut events) = unbounded_channel();
    let teller = teller.clone();
    let forward = tokio::spawn(async move {
        while let Some(event) = events.recv().await {
            teller.tell(Update::Portal(PortalUpdate::Progress(event)));
        }
    });
    (Reporter::to(sender), forward)
}
