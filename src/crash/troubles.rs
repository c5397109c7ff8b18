//! What a portal does to a payment, one at a time.

use crate::domain::Service;
use crate::sandbox::{FaultAction, Scenario, Severity};

/// One trouble.
#[derive(Debug, Clone)]
pub struct Trouble {
    /// What it is called in a list.
    pub name: String,
    kind: Kind,
}

#[derive(Debug, Clone)]
enum Kind {
    /// At this step, once.
    Fault {
        at: &'static str,
        action: FaultAction,
    },
    /// The history shows payments only after a while (milliseconds).
    LateHistory(u64),
    /// There is no history page.
    NoHistory,
    /// Numbered ids have moved.
    Renumbered,
}

impl Trouble {
    /// Makes the portal do it.
    pub fn apply(&self, scenario: &mut Scenario) {
        match &self.kind {
            Kind::Fault { at, action } => {
                scenario.fault(at, "", action.clone());
            }
            Kind::LateHistory(ms) => scenario.switches.history_delay_ms = *ms,
            Kind::NoHistory => scenario.switches.history = false,
            Kind::Renumbered => scenario.switches.renumber = 31,
        }
    }

    /// Can it leave a doubt that only a person resolves? Without a history nothing shows that a
    /// request was not worked on.
    pub fn may_need_a_person(&self) -> bool {
        matches!(self.kind, Kind::NoHistory)
    }
}

/// Milliseconds that the portal takes to settle, in troubles about time.
pub(super) const SETTLING_MS: u64 = 500;

/// Every trouble of a service.
#[expect(clippy::too_many_lines, reason = "a list, one trouble after the other")]
pub fn troubles(service: Service) -> Vec<Trouble> {
    let steps: &[&str] = match service {
        Service::PayTvInternet => &["page", "search", "choose", "pay", "confirm"],
        Service::TopUpMulti | Service::TopUpViettel => {
            &["page", "phone", "supplier", "pay", "confirm"]
        }
        _ => &["page", "pay", "confirm"],
    };
    let mut all = Vec::new();
    let mut fault = |name: String, at: &'static str, action: FaultAction| {
        all.push(Trouble {
            name,
            kind: Kind::Fault { at, action },
        });
    };
    for moved in [false, true] {
        let when = if moved { "after" } else { "before" };
        fault(
            format!("drop {when}"),
            "confirm",
            FaultAction::Drop { moved },
        );
        fault(
            format!("reset {when}"),
            "confirm",
            FaultAction::Reset { moved },
        );
        for status in [500, 502, 503] {
            fault(
                format!("{status} {when}"),
                "confirm",
                FaultAction::Http { status, moved },
            );
        }
        fault(
            format!("error answer {when}"),
            "confirm",
            FaultAction::ErrorAnswer { moved },
        );
        fault(
            format!("no XML {when}"),
            "confirm",
            FaultAction::NotXml { moved },
        );
        let text = "Giao dịch đang được xử lý".to_owned();
        fault(
            format!("odd words {when}"),
            "confirm",
            FaultAction::Message {
                severity: Severity::Warn,
                text,
                moved,
            },
        );
    }
    fault(
        "429 before".to_owned(),
        "pay",
        FaultAction::Http {
            status: 429,
            moved: false,
        },
    );
    fault(
        "delay".to_owned(),
        "confirm",
        FaultAction::DelayMs(SETTLING_MS),
    );
    fault(
        "settles later".to_owned(),
        "confirm",
        FaultAction::SettleMs(SETTLING_MS),
    );
    fault(
        "session over after the work".to_owned(),
        "confirm",
        FaultAction::ExpireAfter,
    );
    for at in steps {
        fault(format!("session over at {at}"), at, FaultAction::Expire);
    }
    fault(
        "view forgotten at confirm".to_owned(),
        "confirm",
        FaultAction::ForgetView,
    );
    fault(
        "view forgotten at pay".to_owned(),
        "pay",
        FaultAction::ForgetView,
    );
    fault(
        "message twice".to_owned(),
        "confirm",
        FaultAction::DoubleMessage,
    );
    fault(
        "overlay stays".to_owned(),
        "page",
        FaultAction::OverlayStays,
    );
    fault(
        "balance gone".to_owned(),
        "confirm",
        FaultAction::EmptyBalance,
    );
    fault(
        "price changes".to_owned(),
        "confirm",
        FaultAction::PriceChanges(7_000),
    );
    all.push(Trouble {
        name: "history is late".to_owned(),
        kind: Kind::LateHistory(SETTLING_MS),
    });
    all.push(Trouble {
        name: "no history".to_owned(),
        kind: Kind::NoHistory,
    });
    all.push(Trouble {
        name: "ids moved".to_owned(),
        kind: Kind::Renumbered,
    });
    all
}
