//! Whom to tell of a payment, and how: chosen on the page, and remembered for the next door.

use serde_json::{Value, json};

use crate::domain::desk::{
    CollectorKind, ContractPhone, ReceiptTold, parts, phone_of, receipt_text,
};
use crate::server::AppState;
use crate::server::desk::contract::{self, ContractView};
use crate::server::desk::pay::NotifyAsked;
use crate::server::desk::view::NotifyForm;
use crate::server::desk::who::DeskPerson;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::form::FormData;

/// The preference that remembers it.
const PREFERENCE: &str = "desk_notify";

/// By which ways the customer is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotifyChoice {
    /// By `HiFPT`?
    pub hifpt: bool,
    /// By SMS?
    pub sms: bool,
    /// By ZNS?
    pub zns: bool,
}

impl NotifyChoice {
    /// As the form says it.
    pub fn sent(form: &FormData) -> Self {
        Self {
            hifpt: form.has("hifpt"),
            sms: form.has("sms"),
            zns: form.has("zns"),
        }
    }

    /// As this one chose it last; by `HiFPT` at first.
    pub async fn liked(app: &AppState, me: &DeskPerson) -> Result<Self, PayRefusal> {
        let settings = app.store().settings();
        let likes = settings.preferences(me.person.user_id).await?;
        let is = |name: &str, first: bool| {
            let liked = likes.get(PREFERENCE).map(|liked| &liked[name]);
            liked.and_then(Value::as_bool).unwrap_or(first)
        };
        Ok(Self {
            hifpt: is("hifpt", true),
            sms: is("sms", false),
            zns: is("zns", false),
        })
    }

    /// Keeps it for the next door.
    pub async fn remember(self, app: &AppState, me: &DeskPerson) -> Result<(), PayRefusal> {
        if self != Self::liked(app, me).await? {
            let liked = json!({ "hifpt": self.hifpt, "sms": self.sms, "zns": self.zns });
            let settings = app.store().settings();
            settings
                .prefer(me.person.user_id, PREFERENCE, &liked)
                .await?;
        }
        Ok(())
    }

    /// By `HiFPT` and nothing else?
    pub const fn is_hifpt_alone(self) -> bool {
        !self.sms && !self.zns
    }

    /// What is asked for. A number that nobody changed is left to the rule, which knows the ways.
    pub async fn asked(
        self,
        app: &AppState,
        me: &DeskPerson,
        number: &str,
        phone: &str,
    ) -> Result<NotifyAsked, PayRefusal> {
        let (contract, _) = contract::found(app, me, number).await?;
        let is_offered = [true, false]
            .into_iter()
            .any(|alone| phone_of(&contract.phones, alone) == phone);
        Ok(NotifyAsked {
            hifpt: self.hifpt,
            sms: self.sms,
            zns: self.zns,
            phone: Some(phone.to_owned()).filter(|_| !is_offered),
        })
    }
}

/// The form.
pub async fn notify_form(
    app: &AppState,
    me: &DeskPerson,
    (view, phones): (&ContractView, &[ContractPhone]),
    choice: &NotifyChoice,
    sent: Option<&FormData>,
) -> Result<NotifyForm, PayRefusal> {
    let cash = app.store().desk().cash();
    let collector = cash.collector(me.person.user_id).await?;
    let kind = collector.and_then(|collector| collector.kind);
    let is_hifpt_forced = kind == Some(CollectorKind::FeeCollector);
    let ways = [
        ("HiFPT", choice.hifpt || is_hifpt_forced),
        ("Zalo", choice.zns),
        ("SMS", choice.sms),
    ];
    let on: Vec<&str> = ways.iter().filter(|(_, on)| *on).map(|(n, _)| *n).collect();
    let text = preview(view, kind);
    Ok(NotifyForm {
        summary: if on.is_empty() {
            "không gửi".to_owned()
        } else {
            on.join(", ")
        },
        phone: sent.map_or_else(|| view.phone.clone(), |form| form.text("phone").to_owned()),
        phone_alone: phone_of(phones, true).to_owned(),
        phone_all: phone_of(phones, false).to_owned(),
        phones: view.phones.clone(),
        hifpt: choice.hifpt || is_hifpt_forced,
        is_hifpt_forced,
        sms: choice.sms,
        zns: choice.zns,
        parts: parts(&text),
        text,
    })
}

/// What the customer will read, with what is known before it is paid.
fn preview(view: &ContractView, kind: Option<CollectorKind>) -> String {
    let ticked = || view.bills.iter().filter(|item| item.selected);
    let from = ticked().filter_map(|item| item.from.as_deref()).min();
    let to = ticked().filter_map(|item| item.to.as_deref()).max();
    let told = ReceiptTold {
        contract: &view.contract,
        receipt: "PT00000000-0000",
        total: view.total,
        days: from.zip(to),
    };
    receipt_text(kind, &told)
}
