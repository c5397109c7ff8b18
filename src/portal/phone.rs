//! The phone page: top-ups, postpaid debts and their look-up.

use secrecy::SecretString;
use serde_json::{Value, json};

use super::kept::FormKind;
use super::look_up::{LookUp, Readiness};
use super::page::Page;
use super::prepared::Ready;
use super::snapshot::Snapshot;
use super::step::{await_question, click, click_if_there, fill_secret, read};
use super::{PortalError, PortalMap};
use crate::domain::{Phone, Vnd};

/// What the page reads where the amount's button was chosen before this job.
const CHOSEN_BEFORE: &str = "chosen_before";

/// How a top-up's amount is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AmountField {
    /// One of the eight buttons.
    Button,
    /// The free field.
    Free,
}

/// Fills the number as a person would, and answers the dialog that asks for the account's kind,
/// where it comes.
fn number_steps(phone: &Phone, item: &str) -> Vec<Value> {
    vec![
        json!({ "op": "fill", "on": "phone.number", "value": phone.as_str(), "leave": true }),
        json!({
            "op": "when_shown", "element": "phone.type_dialog", "gone": true,
            "then": [{ "op": "menu", "on": "phone.type_menu", "item": item }, click("phone.type_confirm")],
        }),
    ]
}

impl Page<'_> {
    /// Looks a postpaid debt up. Touches neither PIN nor paying button.
    pub async fn look_up_postpaid(&mut self, phone: &Phone) -> Result<LookUp, PortalError> {
        let path = self.map.pages.phone.first().cloned().unwrap_or_default();
        let mut steps = number_steps(phone, "phone.type_postpaid");
        steps.extend([
            click_if_there("phone.check"),
            read("phone.debt", "value", "debt"),
        ]);
        let snapshot = self.on_form(FormKind::Postpaid, &path, &steps).await?;
        let snapshot = self.check(snapshot)?;
        read_debt(self.map, &snapshot)
    }

    /// Types the debt, fills the PIN and opens the dialog.
    pub async fn prepare_postpaid(
        &mut self,
        debt: Vnd,
        pin: &SecretString,
    ) -> Result<Ready, PortalError> {
        let mut steps = vec![
            json!({ "op": "fill", "on": "phone.amount", "value": debt.digits(), "number": true }),
        ];
        steps.extend(pay_steps(pin));
        let snapshot = self.step(steps).await?;
        snapshot.ready(self.map, "phone.confirm").map(Ready::typed)
    }

    /// Fills a top-up and opens the dialog: number, amount, PIN.
    pub(crate) async fn prepare_top_up(
        &mut self,
        phone: &Phone,
        amount: Vnd,
        field: AmountField,
        pin: &SecretString,
    ) -> Result<(LookUpOrReady, Option<Vnd>), PortalError> {
        let path = self.map.pages.phone.first().cloned().unwrap_or_default();
        let mut steps = number_steps(phone, "phone.type_prepaid");
        steps.push(match field {
            AmountField::Free => json!({ "op": "fill", "on": "phone.amount", "value": amount.digits(), "number": true }),
            AmountField::Button => {
                let place = self
                    .map
                    .rules
                    .amount_buttons
                    .iter()
                    .position(|a| *a == amount)
                    .ok_or_else(|| PortalError::PageChanged { element: "phone.amount".to_owned(), why: format!("không có nút {amount}") })?;
                json!({ "op": "toggle", "input": format!("phone.amount_{place}"), "amount": amount.digits(), "as": CHOSEN_BEFORE })
            }
        });
        steps.extend(pay_steps(pin));
        let kind = match field {
            AmountField::Button => FormKind::TopUpButton,
            AmountField::Free => FormKind::TopUpFree,
        };
        match self.attempt_top_up(kind, &path, &steps).await? {
            (Some(end), _) => Ok((LookUpOrReady::End(end), None)),
            (None, snapshot) => {
                let balance = snapshot.balance_vnd();
                let ready = snapshot.ready(self.map, "phone.confirm")?;
                check_choice(&snapshot, &ready, amount)?;
                let ready = if field == AmountField::Free {
                    ready.typed()
                } else {
                    ready
                };
                Ok((LookUpOrReady::Ready(ready), balance))
            }
        }
    }

    /// A number that the portal refuses shows its reason before the rest of the form can be filled.
    async fn attempt_top_up(
        &mut self,
        kind: FormKind,
        path: &str,
        steps: &[Value],
    ) -> Result<(Option<LookUp>, Snapshot), PortalError> {
        let snapshot = self.on_form(kind, path, steps).await?;
        let (snapshot, fault) = self.words_of(snapshot)?;
        match (snapshot.refusal(self.map)?, fault) {
            (Some(end), _) if snapshot.dialog.is_none() => Ok((Some(end), snapshot)),
            (_, Some(fault)) => Err(fault),
            (_, None) => Ok((None, snapshot)),
        }
    }
}

/// An amount's button that the portal itself shows as chosen was not clicked by this job: then the
/// question has to name the amount.
fn check_choice(snapshot: &Snapshot, ready: &Ready, amount: Vnd) -> Result<(), PortalError> {
    match ready {
        Ready::Prepared(prepared)
            if snapshot.read(CHOSEN_BEFORE).is_some()
                && !prepared.dialog_amounts.contains(&amount) =>
        {
            Err(PortalError::PageChanged {
                element: "phone.amount".to_owned(),
                why: "hộp xác nhận không ghi số tiền mà cổng đã chọn sẵn".to_owned(),
            })
        }
        _ => Ok(()),
    }
}

/// A page's early end, or the result of preparing.
#[derive(Debug)]
pub(crate) enum LookUpOrReady {
    /// The portal ended it before the dialog.
    End(LookUp),
    /// Dialog or refusal.
    Ready(Ready),
}

fn pay_steps(pin: &SecretString) -> [Value; 3] {
    [
        fill_secret("phone.pin", pin, false),
        click("phone.pay"),
        await_question("phone.confirm"),
    ]
}

/// A debt, or the portal's own word that there is none. Trouble while reading is never "no debt".
fn read_debt(map: &PortalMap, snapshot: &Snapshot) -> Result<LookUp, PortalError> {
    if let Some(end) = snapshot.refusal(map)? {
        return Ok(end);
    }
    let Some(text) = snapshot.read("debt") else {
        return Err(PortalError::System(
            "cổng không báo nợ cũng không báo hết nợ".to_owned(),
        ));
    };
    let amount: Vnd = text.parse().map_err(|e| PortalError::PageChanged {
        element: "phone.debt".to_owned(),
        why: format!("{e}"),
    })?;
    if amount.is_zero() {
        // The field may simply not have been filled; only the portal's words mean "no debt".
        return Err(PortalError::System(
            "ô nợ cước ghi 0 nhưng cổng không báo hết nợ".to_owned(),
        ));
    }
    Ok(snapshot.found(amount, Readiness::PhoneDebt))
}
