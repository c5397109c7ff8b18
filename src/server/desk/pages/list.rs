//! The list of the day, and looking for a contract.

use axum::extract::{Query, State};
use serde::Deserialize;

use super::draw::{Deed, Drawn, contract_url, page, shell};
use crate::domain::desk::message::written;
use crate::domain::desk::{Rule, blocked};
use crate::server::AppState;
use crate::server::desk::contract::circumstances;
use crate::server::desk::view::{ContractRow, DeskListPage, OrderLink, Tab};
use crate::server::desk::wallet::WalletKnown;
use crate::server::desk::who::DeskPerson;
use crate::server::web::words::money;
use crate::store::desk::{FoundContract, ListOrder};

/// Letters that are looked for, at most.
const ASKED_MAX: usize = 100;

/// In which order, and what was just done.
#[derive(Debug, Default, Deserialize)]
pub struct WantedOrder {
    order: Option<String>,
    done: Option<Deed>,
}

/// `GET /desk`
pub async fn today(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(wanted): Query<WantedOrder>,
) -> Drawn {
    let is_oldest = wanted.order.as_deref() == Some("oldest");
    let order = if is_oldest {
        ListOrder::Oldest
    } else {
        ListOrder::Address
    };
    let whose = (me.person.user_id, me.person.username.as_str());
    let found = app.store().desk().list_of(me.owner, whose, order).await?;
    let cash = app.store().desk().cash();
    let collector = cash.collector(me.person.user_id).await?;
    let around = circumstances(&app, collector.as_ref(), &WalletKnown::Silent).await?;
    let mut shell = shell(&me, "Hôm nay", Tab::Today);
    shell.notice = wanted.done.and_then(Deed::notice);
    page(&DeskListPage {
        shell,
        asked: String::new(),
        blocked: blocked(&around).map(Rule::message),
        cash: collector.map(|c| (money(c.cash.held), money(c.cash.remaining().max(0)))),
        orders: vec![
            OrderLink {
                url: "/desk",
                title: "Theo địa chỉ",
                is_here: !is_oldest,
            },
            OrderLink {
                url: "/desk?order=oldest",
                title: "Nợ lâu nhất",
                is_here: is_oldest,
            },
        ],
        rows: found.iter().map(row).collect(),
        nothing: "Hôm nay không còn hợp đồng nào phải thu. Tìm hợp đồng ở ô trên.",
    })
}

/// What is looked for.
#[derive(Debug, Default, Deserialize)]
pub struct Searched {
    #[serde(default)]
    q: String,
}

/// `GET /desk/search?q=`
pub async fn search(
    State(app): State<AppState>,
    me: DeskPerson,
    Query(wanted): Query<Searched>,
) -> Drawn {
    let asked: String = wanted.q.trim().chars().take(ASKED_MAX).collect();
    let found = if asked.is_empty() {
        Vec::new()
    } else {
        app.store().desk().find(me.owner, &asked).await?
    };
    page(&DeskListPage {
        shell: shell(&me, "Tìm hợp đồng", Tab::Search),
        nothing: if asked.is_empty() {
            "Gõ số hợp đồng, số điện thoại hoặc tên khách, có dấu hay không đều được."
        } else {
            "Không tìm thấy hợp đồng nào."
        },
        asked,
        blocked: None,
        cash: None,
        orders: Vec::new(),
        rows: found.iter().map(row).collect(),
    })
}

fn row(found: &FoundContract) -> ContractRow {
    let again = found.again_on.as_deref();
    ContractRow {
        url: contract_url(&found.number),
        number: found.number.clone(),
        customer: found.customer_name.clone(),
        address: found.address.clone(),
        total: money(found.total),
        again: again.map(|day| format!("Hẹn đến lại {}", written(day))),
    }
}
