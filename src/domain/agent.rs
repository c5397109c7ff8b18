//! The agent's code on the portal: who a browser is logged in as, whose balance pays.

/// Are these two one agent? People type the code in small letters, and the portal shows it in
/// capitals; spaces around it mean nothing.
pub fn is_same_agent(one: &str, other: &str) -> bool {
    one.trim().eq_ignore_ascii_case(other.trim())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_spaces_do_not_make_another_agent() {
        let code = "1234567890_VTP_00001_DB";
        assert!(is_same_agent(code, " 1234567890_vtp_00001_db "));
        assert!(!is_same_agent(code, "1234567890_VTP_00002_DB"));
    }
}
