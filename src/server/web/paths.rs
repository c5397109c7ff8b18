//! Addresses that more than one room leads to.

/// The first page of the admin.
pub const HOME: &str = "/admin";
/// The guide for shops.
pub const GUIDE: &str = "/huong-dan";
/// Where one signs in.
pub const SIGN_IN: &str = "/admin/sign-in";
/// Where the second factor's code is asked.
pub const CODE: &str = "/admin/code";
/// Where a password for once is changed.
pub const NEW_PASSWORD: &str = "/admin/new-password";
/// What one was told.
pub const NOTIFICATIONS: &str = "/admin/notifications";
/// One's own page.
pub const ONESELF: &str = "/admin/me";

/// What a customer has to pay, and has paid.
pub const PAYMENTS: &str = "/payment";

/// The collection desk.
pub const DESK: &str = "/desk";

/// Only a page of the admin, of payments or of the desk: an address from outside leads nowhere else.
pub fn next_page(wanted: &str) -> &str {
    let is_within = |home: &str| {
        wanted
            .strip_prefix(home)
            .is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
    };
    let is_ours = [HOME, PAYMENTS, DESK].into_iter().any(is_within);
    let is_plain =
        wanted.chars().all(|c| c.is_ascii_graphic() && c != '\\') && !wanted.contains("//");
    if is_ours && is_plain && !wanted.starts_with("/admin/sign") {
        wanted
    } else {
        HOME
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_only_to_our_own_pages() {
        for ours in [
            "/admin/t/jobs?q=1",
            "/payment",
            "/payment/status/7",
            "/desk",
            "/desk/contracts/HND1",
        ] {
            assert_eq!(next_page(ours), ours);
        }
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/admin//evil.example",
            "/administrator",
            "/payments",
            "/desktop",
            "/admin/\\evil",
            "javascript:1",
            "/admin/sign-out",
        ] {
            assert_eq!(next_page(foreign), "/admin", "{foreign}");
        }
    }
}
