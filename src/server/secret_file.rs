//! Files with secrets in them: who else can read them.

use std::path::Path;

/// Can anybody but the owner read or change it? The service manager's credentials belong to the
/// service alone, whatever their mode says: its access list shows up as the group's right.
#[cfg(unix)]
pub fn is_open_to_others(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;
    let is_credential = std::env::var_os("CREDENTIALS_DIRECTORY")
        .is_some_and(|folder| !folder.is_empty() && path.starts_with(folder));
    let forbidden = if is_credential { 0o007 } else { 0o077 };
    std::fs::metadata(path).is_ok_and(|m| m.permissions().mode() & forbidden != 0)
}

/// Elsewhere the folder's access list decides.
#[cfg(not(unix))]
pub fn is_open_to_others(_: &Path) -> bool {
    false
}
