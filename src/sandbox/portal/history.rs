//! The history page. Nobody ever saw the real one; this shape is ours, and it can be switched off.

use super::jsf::esc;
use super::money::balance;
use super::truth::Movement;

/// A page of the history, newest first, filtered by account.
pub fn content(rows: &[Movement], page: usize, size: usize, account: &str) -> String {
    let found: Vec<&Movement> = rows
        .iter()
        .filter(|m| account.is_empty() || m.account == account)
        .collect();
    let size = size.max(1);
    let pages = found.len().div_ceil(size).max(1);
    let page = page.clamp(1, pages);
    let body: String = found
        .iter()
        .skip((page - 1) * size)
        .take(size)
        .map(|m| {
            format!(
                "<tr class=\"history-row\"><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td><td>{}</td></tr>",
                esc(&m.at),
                esc(m.transaction_id.as_deref().unwrap_or("")),
                esc(&m.service),
                esc(&m.account),
                balance(m.amount),
                balance(m.balance_after)
            )
        })
        .collect();
    let links: String = (1..=pages)
        .map(|p| {
            format!(
                "<a href=\"/pages/history.jsf?page={p}&amp;account={}\">{p}</a> ",
                esc(account)
            )
        })
        .collect();
    format!(
        "<h3>Lịch sử giao dịch</h3><table id=\"indexForm:historyTable\"><tr><th>Thời gian</th><th>Mã giao dịch</th><th>Dịch vụ</th><th>Thuê bao</th>\
         <th>Số tiền</th><th>Số dư sau</th></tr>{body}</table><div class=\"history-pages\">Trang {page}/{pages}: {links}</div>"
    )
}
