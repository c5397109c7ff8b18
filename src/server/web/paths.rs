//! Addresses that more than one room leads to.

/// The first page of the admin.
pub const HOME: &str = "/admin";
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

/// Only a page of the admin: an address from outside leads nowhere else.
pub fn next_page(wanted: &str) -> &str {
    let is_ours =
        wanted == "/admin" || wanted.starts_with("/admin/") || wanted.starts_with("/admin?");
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
        assert_eq!(next_page("/admin/t/jobs?q=1"), "/admin/t/jobs?q=1");
        for foreign in [
            "https://evil.example",
            "//evil.example",
            "/admin//evil.example",
            "/administrator",
            "/admin/\\evil",
            "javascript:1",
            "/admin/sign-out",
        ] {
            assert_eq!(next_page(foreign), "/admin", "{foreign}");
        }
    }
}
