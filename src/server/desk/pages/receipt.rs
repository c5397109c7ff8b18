//! A receipt on paper, and the public page that says whether one is genuine.

use axum::extract::State;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{Html, IntoResponse};
use axum::{Json, extract::Path};

use super::draw::{Drawn, page_with};
use crate::domain::money::in_words;
use crate::server::AppState;
use crate::server::desk::contract::nothing;
use crate::server::desk::paper::{self, Paper, PaperItem};
use crate::server::desk::pay;
use crate::server::desk::receipt::url;
use crate::server::desk::view::{GenuinePage, GenuineReceipt};
use crate::server::desk::who::DeskPerson;
use crate::server::desk::wire::GenuineForm;
use crate::server::pay::refusal::PayRefusal;
use crate::server::web::extract::PathParam;
use crate::server::web::preferred::wants_page;
use crate::server::web::words::{money, time};
use crate::store::desk::DeskPayment;

/// `GET /desk/payments/{id}/print`
pub async fn print(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    let paper = of_payment(&app, &me, id).await?;
    let html = paper::print_page(&paper).map_err(|error| {
        tracing::error!(%error, "a receipt could not be drawn");
        PayRefusal::broken()
    })?;
    Ok(Html(html).into_response())
}

/// `GET /desk/payments/{id}/receipt.pdf`
pub async fn pdf(
    State(app): State<AppState>,
    me: DeskPerson,
    PathParam(id): PathParam<i64>,
) -> Drawn {
    let paper = of_payment(&app, &me, id).await?;
    file(paper).await
}

async fn of_payment(app: &AppState, me: &DeskPerson, id: i64) -> Result<Paper, PayRefusal> {
    let standing = pay::standing(app, me, id).await?;
    let paper = paper_of(app, &standing.desk).await?;
    paper.ok_or_else(|| nothing("Khoản này chưa có phiếu thu."))
}

/// A receipt as it is handed out; `None`: there is none.
pub async fn paper_of(app: &AppState, desk: &DeskPayment) -> Result<Option<Paper>, PayRefusal> {
    let Some((number, at)) = desk.receipt.clone().zip(desk.receipt_at) else {
        return Ok(None);
    };
    let collector = app.store().accounts().named(&desk.collector).await?;
    let collector = collector.and_then(|person| person.name);
    let collector = collector.filter(|name| !name.is_empty());
    let some = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
    Ok(Some(Paper {
        shop: shop_of(app, desk.owner_id).await?,
        number,
        at,
        contract: desk.contract.clone(),
        customer: some(&desk.customer_name),
        address: some(&desk.address),
        items: desk
            .items
            .iter()
            .map(|item| PaperItem {
                number: item.number.clone(),
                content: item.content.clone(),
                amount: item.amount,
            })
            .collect(),
        total: desk.total,
        words: in_words(desk.total),
        method: desk.method.label().to_owned(),
        collector: collector.unwrap_or_else(|| desk.collector.clone()),
        url: url(app, desk),
        cancelled: desk
            .cancelled_at
            .map(|_| desk.cancel_reason.clone().unwrap_or_default()),
    }))
}

async fn shop_of(app: &AppState, owner: i64) -> Result<String, PayRefusal> {
    let payee = app.store().payees().find(owner).await?;
    Ok(payee.map(|payee| payee.name).unwrap_or_default())
}

/// The PDF, put together beside the other requests: it takes a moment.
async fn file(paper: Paper) -> Drawn {
    let name = format!("inline; filename=\"{}.pdf\"", paper.number);
    let made = tokio::task::spawn_blocking(move || paper::pdf(&paper)).await;
    let bytes = match made {
        Ok(Ok(bytes)) => bytes,
        Ok(Err(error)) => {
            tracing::error!(%error, "a receipt could not be put on paper");
            return Err(PayRefusal::broken());
        }
        Err(_) => return Err(PayRefusal::broken()),
    };
    let headers = [
        (header::CONTENT_TYPE, "application/pdf".to_owned()),
        (header::CONTENT_DISPOSITION, name),
    ];
    Ok((headers, bytes).into_response())
}

/// `GET /receipts/{token}`: whether a receipt is genuine, and nobody's name.
pub async fn genuine(
    State(app): State<AppState>,
    Path(token): Path<String>,
    headers: HeaderMap,
) -> Drawn {
    let desk = app.store().desk().of_token(&token).await?;
    let receipt = desk.as_ref().and_then(DeskPayment::public);
    if !wants_page(&headers) {
        let receipt = receipt.ok_or_else(|| nothing("Không có phiếu thu này."))?;
        return Ok(Json(GenuineForm::from(&receipt)).into_response());
    }
    let Some((desk, receipt)) = desk.zip(receipt) else {
        let page = GenuinePage::none("GạchNợ".to_owned());
        return page_with(StatusCode::NOT_FOUND, &page);
    };
    let shop = shop_of(&app, desk.owner_id).await?;
    let shown = GenuineReceipt {
        number: receipt.number,
        total: money(receipt.total),
        words: in_words(receipt.total),
        at: time(receipt.at),
    };
    let page = GenuinePage::of(shop, shown, receipt.is_cancelled);
    page_with(StatusCode::OK, &page)
}

/// `GET /receipts/{token}/pdf`: the receipt without anybody's name, phone or address, for whoever has the QR.
pub async fn public_pdf(State(app): State<AppState>, Path(token): Path<String>) -> Drawn {
    let desk = app.store().desk().of_token(&token).await?;
    let paper = match &desk {
        Some(desk) => paper_of(&app, desk).await?,
        None => None,
    };
    let paper = paper.ok_or_else(|| nothing("Không có phiếu thu này."))?;
    file(Paper {
        customer: None,
        address: None,
        ..paper
    })
    .await
}
