//! The rules of the desk, in the order in which they speak, and what the shop has decided about them.

use axum::extract::State;

use super::manage_shell;
use crate::domain::desk::{Rule, SMS_QUOTA};
use crate::server::AppState;
use crate::server::desk::pages::draw::{Drawn, page};
use crate::server::desk::view::manage::RulesPage;
use crate::server::desk::who::DeskPerson;
use crate::server::web::permission::{Right, may};
use crate::store::catalogue::Area;

/// `GET /desk/manage/rules`
pub(super) async fn show(State(app): State<AppState>, me: DeskPerson) -> Drawn {
    let shop = app.shop().await?;
    page(&RulesPage {
        shell: manage_shell(&me, "Quy tắc thu"),
        rules: Rule::ALL.iter().map(|rule| rule.message()).collect(),
        quota: SMS_QUOTA.1,
        settings: vec![
            (
                "Tồn tạm của ngày trước, từ 10:00",
                if shop.desk_outstanding_cash_only {
                    "chặn thu tiền mặt"
                } else {
                    "chặn mọi cách thu"
                },
            ),
            (
                "Báo khách khi hóa đơn đã gạch nợ",
                if shop.desk_tell_settled {
                    "có"
                } else {
                    "không"
                },
            ),
        ],
        may_change: may(me.person.role, Area::Rules, Right::Edit),
    })
}
