//! The frame around a page of somebody who has signed in: who they are, where they can go, what was
//! just done.

use super::assets::ASSETS;
use super::paths::{DESK, GUIDE, HOME, NOTIFICATIONS};
use super::permission::{Right, works_at_desk};
use super::session::Person;
use super::words::count;
use crate::guide;
use crate::store::catalogue::{Area, Menu, Screen, TABLES, Table, work};

/// What stands around a page.
pub struct Frame {
    /// What the page is.
    pub title: String,
    /// Whose it is.
    pub who: String,
    /// What they are.
    pub role: &'static str,
    /// Where one can go.
    pub nav: Vec<NavGroup>,
    /// The bell: how many notifications are unread, where that was counted. `None`: they have no bell.
    pub bell: Option<Bell>,
    /// The page of the guide that helps here.
    pub help: String,
    /// What was just done.
    pub notice: Option<String>,
    /// Version of the assets.
    pub assets: &'static str,
}

/// Where notifications are looked at.
pub struct Bell {
    /// Where.
    pub url: &'static str,
    /// How many are unread; empty: none.
    pub unread: String,
}

/// Links that belong together.
pub struct NavGroup {
    /// Their heading.
    pub title: &'static str,
    /// The links.
    pub links: Vec<NavLink>,
}

/// Somewhere one can go.
pub struct NavLink {
    /// Where.
    pub url: String,
    /// Its name.
    pub title: &'static str,
    /// Is one there?
    pub is_here: bool,
    /// How much waits there; empty: nothing, or it is not counted.
    pub waiting: String,
}

/// Does the menu lead to this table? To one that only an old shop fills, only where it is filled, or where one is.
fn leads_to(person: &Person, table: &Table, here: &str) -> bool {
    let filled = |name: &&str| person.filled.contains(*name);
    table.shown_with.is_empty() || table.name == here || table.shown_with.iter().any(filled)
}

impl Frame {
    /// The frame of a page; `here` is the table or the path that it shows.
    pub fn of(person: &Person, title: impl Into<String>, here: &str) -> Self {
        let link = |url: String, title, name: &str| NavLink {
            url,
            title,
            is_here: name == here,
            waiting: String::new(),
        };
        let mut nav = vec![NavGroup {
            title: "",
            links: vec![link("/admin".into(), "Tổng quan", "dashboard")],
        }];
        if person.may_table(&work::JOBS, Right::See) {
            nav[0]
                .links
                .push(link("/admin/review".into(), "Cần xem", "review"));
        }
        if person.may(Area::Payments, Right::See) {
            let url = "/admin/payments/review".into();
            let waiting = person.to_decide.filter(|number| *number > 0);
            nav[0].links.push(NavLink {
                waiting: waiting.map_or_else(String::new, count),
                ..link(url, "Tiền cần xem", "payments-review")
            });
        }
        let is_importer = |t: &&Table| t.is_importable && person.may_table(t, Right::Import);
        if TABLES.iter().any(is_importer) {
            nav[0]
                .links
                .push(link("/admin/import".into(), "Nhập tệp", "import"));
        }
        for menu in Menu::ALL {
            let mut seen: Vec<_> = TABLES
                .into_iter()
                .filter_map(|t| Some((t, t.menu.filter(|(m, _)| *m == menu)?.1)))
                .filter(|(t, _)| person.may_table(t, Right::See) && leads_to(person, t, here))
                .collect();
            seen.sort_by_key(|(_, place)| *place);
            let mut links: Vec<_> = seen
                .iter()
                .map(|(t, _)| link(url_of(t), t.vi, t.name))
                .collect();
            if menu == Menu::Desk && works_at_desk(person.account.role) {
                links.insert(0, link(DESK.into(), "Thu tại nhà", "desk"));
            }
            if menu == Menu::Money && person.may(Area::Payments, Right::See) {
                let statement = "/admin/payments/statement".into();
                links.push(link(statement, "Nhập sao kê", "payments-statement"));
                let pictures = "/admin/payments/pictures".into();
                links.push(link(pictures, "Biểu đồ thu tiền", "payments-pictures"));
                links.push(link("/admin/templates".into(), "Mẫu thư", "templates"));
            }
            if menu == Menu::Money && person.may(Area::Rules, Right::See) {
                let title = "Cổng thanh toán";
                links.push(link("/admin/providers".into(), title, "providers"));
            }
            if menu == Menu::Shop && person.may_table(&work::LIMITS, Right::See) {
                links.push(link("/admin/settings".into(), "Cài đặt", "settings"));
            }
            if !links.is_empty() {
                let title = menu.title();
                nav.push(NavGroup { title, links });
            }
        }
        let links = nav.iter().flat_map(|group| &group.links);
        let mut place = links
            .filter(|link| link.is_here)
            .map(|link| link.url.as_str());
        let help = guide::page_at(place.next_back().unwrap_or(HOME));
        let help = help.map_or_else(|| GUIDE.to_owned(), |page| format!("{GUIDE}/{}", page.id));
        Self {
            help,
            title: title.into(),
            who: person.name().to_owned(),
            role: person.account.role.label(),
            nav,
            bell: person.may(Area::Payments, Right::See).then(|| Bell {
                url: NOTIFICATIONS,
                unread: match person.unread {
                    None | Some(0) => String::new(),
                    Some(number @ 1..=99) => number.to_string(),
                    Some(_) => "99+".to_owned(),
                },
            }),
            notice: None,
            assets: &ASSETS,
        }
    }

    /// With what was just done, by the word in the address.
    #[must_use]
    pub fn with_notice(mut self, done: Option<&str>) -> Self {
        self.notice = done
            .and_then(|word| NOTICES.iter().find(|(w, _)| *w == word))
            .map(|(_, text)| (*text).to_owned());
        self
    }

    /// With how many rows a change of many did, and how many it left as they were.
    #[must_use]
    pub fn counted(mut self, did: i64, left: i64) -> Self {
        if did + left > 0 && self.notice.is_some() {
            let kept = if left > 0 {
                format!(
                    " {} dòng giữ nguyên vì trạng thái không cho phép hoặc có người vừa sửa.",
                    count(left)
                )
            } else {
                String::new()
            };
            self.notice = Some(format!("Đã làm xong {} dòng.{kept}", count(did)));
        }
        self
    }
}

/// Where a table's list is. People and machines have pages of their own.
pub fn url_of(table: &Table) -> String {
    match table.screen {
        Screen::People => "/admin/people".to_owned(),
        Screen::Machines => "/admin/machines".to_owned(),
        Screen::Comparison => "/admin/payments/compare".to_owned(),
        Screen::List
        | Screen::Jobs
        | Screen::Imports
        | Screen::Payments
        | Screen::Requests
        | Screen::Letters => {
            format!("/admin/t/{}", table.name)
        }
    }
}

/// What a page says after something was done: only these, never text from the address.
const NOTICES: [(&str, &str); 29] = [
    ("compared", "Đã so xong."),
    (
        "comparing",
        "Đang so với các cổng. Mở lại trang này sau ít phút.",
    ),
    ("looked", "Đã ghi là đã xem."),
    (
        "asked_to_pay",
        "Đã lập yêu cầu. Gửi liên kết hoặc mã QR cho khách.",
    ),
    ("asked_and_sent", "Đã lập yêu cầu và gửi e-mail cho khách."),
    ("taken_back", "Đã hoàn tác: tiền đã ghi được rút lại."),
    (
        "taken_partly",
        "Đã hoàn tác một phần: khoản đã có người quyết định thì giữ nguyên.",
    ),
    (
        "refreshed",
        "Đã hỏi cổng. Cổng không trả lời thì giữ nguyên điều đã biết.",
    ),
    ("cancelled", "Đã hủy."),
    ("transferred", "Đã ghi tiền về."),
    (
        "differs",
        "Mã giao dịch này đã ghi với số tiền khác: chưa ghi thêm, đã đưa vào cần xem.",
    ),
    (
        "known",
        "Mã giao dịch này đã ghi trước đó: không ghi thêm lần nữa.",
    ),
    ("again", "Thư sẽ được gửi lại."),
    ("saved", "Đã lưu."),
    ("added", "Đã thêm."),
    (
        "deleted",
        "Đã xóa. Có thể khôi phục trong danh sách đã xóa.",
    ),
    ("restored", "Đã khôi phục."),
    ("password", "Đã đổi mật khẩu. Các phiên khác đã kết thúc."),
    ("totp", "Đã bật bảo vệ hai lớp."),
    ("totp_off", "Đã tắt bảo vệ hai lớp."),
    (
        "device",
        "Đã kết thúc các phiên. Thiết bị đăng nhập tới đây sẽ là thiết bị duy nhất.",
    ),
    ("device_off", "Đã bỏ gắn thiết bị."),
    ("ended", "Đã kết thúc phiên."),
    ("revoked", "Đã thu hồi mã máy."),
    ("imported", "Đã nhập."),
    (
        "undone",
        "Đã hoàn tác lần nhập: những dòng chưa ai động tới đã được gỡ.",
    ),
    ("decided", "Đã ghi kết luận."),
    ("bulk", "Đã làm xong với các dòng đã chọn."),
    ("asked", "Đã gửi đăng ký. Chờ cửa hàng duyệt."),
];
