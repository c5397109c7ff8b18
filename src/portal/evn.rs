//! The electricity page: the code brings amount and dialog in one step.

use secrecy::SecretString;
use serde_json::json;

use super::PortalError;
use super::kept::FormKind;
use super::look_up::{LookUp, Readiness};
use super::page::Page;
use super::snapshot::Snapshot;
use super::step::{await_question, click, fill, fill_if_there, fill_secret, read, ready};
use crate::domain::{BillCode, Phone, Vnd};

/// Links that are followed in search of the page, at most.
const LINKS_MAX: usize = 6;

impl Page<'_> {
    /// Fills the bill's code (and phone and PIN where the page has these fields) and opens the
    /// confirm dialog.
    ///
    /// `path` remembers where the page was found: nobody wrote its address down.
    pub async fn look_up_bill(
        &mut self,
        path: &mut Option<String>,
        code: &BillCode,
        receiver: Option<&Phone>,
        pin: &SecretString,
    ) -> Result<LookUp, PortalError> {
        let mut steps = vec![fill("evn.code", code.as_str())];
        if let Some(phone) = receiver {
            steps.push(fill_if_there("evn.receiver_phone", phone.as_str()));
        }
        steps.extend([
            fill_secret("evn.pin", pin, true),
            click("evn.pay"),
            await_question("evn.confirm"),
            read("evn.amount", "text", "amount"),
            json!({ "op": "money", "as": "money" }),
        ]);
        let snapshot = if let Some(known) = path.clone() {
            self.on_form(FormKind::Evn, &known, &steps).await?
        } else {
            *path = Some(self.find_bill_page().await?);
            self.on_fresh_form(FormKind::Evn, &steps).await?
        };
        let snapshot = self.check(snapshot)?;
        let Some(prepared) = snapshot.prepared("evn.confirm") else {
            return snapshot
                .refusal(self.map)?
                .ok_or_else(|| PortalError::PageChanged {
                    element: "frame.confirm_dialog".to_owned(),
                    why: "không mở ra".to_owned(),
                });
        };
        let amount = amount(&snapshot, &prepared.dialog_amounts)?;
        if amount.is_zero() {
            return Ok(LookUp::NoDebt("Nợ 0 đ".to_owned()));
        }
        Ok(snapshot.found(amount, Readiness::Prepared(prepared)))
    }

    /// Tries the map's addresses, then the links whose words fit, until a page has the code's
    /// field.
    pub(super) async fn find_bill_page(&mut self) -> Result<String, PortalError> {
        let mut candidates = self.map.pages.evn.clone();
        let mut seen = 0;
        while seen < candidates.len().min(LINKS_MAX + self.map.pages.evn.len()) {
            let path = candidates[seen].clone();
            seen += 1;
            self.open(&path).await?;
            let look = vec![
                ready(),
                read("evn.code", "value", "code"),
                json!({ "op": "links", "words": self.map.pages.evn_link_words }),
            ];
            let snapshot = match self.step(look).await {
                Ok(snapshot) => snapshot,
                Err(PortalError::Expired) => return Err(PortalError::Expired),
                Err(error @ PortalError::Browser(_)) => return Err(error),
                // A page that is none of ours (a 404, a notice): the next candidate.
                Err(error) => {
                    tracing::debug!(%error, path, "no electricity page here");
                    continue;
                }
            };
            if snapshot.reads.get("code").is_some_and(Option::is_some) {
                return Ok(path);
            }
            for link in snapshot.links {
                if !candidates.contains(&link) && link != snapshot.url {
                    candidates.push(link);
                }
            }
        }
        Err(PortalError::PageChanged {
            element: "evn.code".to_owned(),
            why: "không tìm ra trang thu tiền điện; đặt địa chỉ trong bản đồ cổng (pages.evn)"
                .to_owned(),
        })
    }
}

/// The amount, by the map's element, else the only amount that stands alone, else the only one in
/// the dialog.
///
/// The first two may disagree with the dialog only where the dialog names no amount: one way of
/// reading can be wrong.
fn amount(snapshot: &Snapshot, in_dialog: &[Vnd]) -> Result<Vnd, PortalError> {
    let alone: Vec<Vnd> = snapshot
        .read("money")
        .map(|t| t.lines().filter_map(|l| l.parse().ok()).collect())
        .unwrap_or_default();
    let mapped = snapshot
        .read("amount")
        .and_then(|text| text.parse::<Vnd>().ok());
    let only = |amounts: &[Vnd]| match amounts {
        [first, rest @ ..] if rest.iter().all(|a| a == first) => Some(*first),
        _ => None,
    };
    let read = mapped.or_else(|| only(&alone)).or_else(|| only(in_dialog));
    let changed = |why: &str| PortalError::PageChanged {
        element: "evn.amount".to_owned(),
        why: why.to_owned(),
    };
    match read {
        None => Err(changed("không đọc được số tiền")),
        Some(amount) if in_dialog.is_empty() || in_dialog.contains(&amount) => Ok(amount),
        // The numbered id moved to another amount (a fee, say); the dialog is what will be
        // confirmed.
        Some(_) => match only(in_dialog) {
            Some(dialog) if alone.contains(&dialog) => Ok(dialog),
            _ => Err(changed("số tiền trên trang khác với hộp xác nhận")),
        },
    }
}
