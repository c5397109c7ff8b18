//! Banks by the six digits that a QR knows them by. Banks merge and are renamed; the number stays.

/// Number, short name, SWIFT code where it is known.
const BANKS: [(&str, &str, &str); 39] = [
    ("970418", "BIDV", "BIDVVNVX"),
    ("970405", "Agribank", "VBAAVNVX"),
    ("970415", "VietinBank", "ICBVVNVX"),
    ("970436", "Vietcombank", "BFTVVNVX"),
    ("970422", "MB", "MSCBVNVX"),
    ("970407", "Techcombank", "VTCBVNVX"),
    ("970432", "VPBank", "VPBKVNVX"),
    ("970416", "ACB", "ASCBVNVX"),
    ("970443", "SHB", "SHBAVNVX"),
    ("970437", "HDBank", "HDBCVNVX"),
    ("970403", "Sacombank", "SGTTVNVX"),
    ("970449", "LPBank", "LVBKVNVX"),
    ("970441", "VIB", "VNIBVNVX"),
    ("970423", "TPBank", "TPBVVNVX"),
    ("970429", "SCB", "SACLVNVX"),
    ("970440", "SeABank", "SEAVVNVX"),
    ("970426", "MSB", "MCOBVNVX"),
    ("970448", "OCB", "ORCOVNVX"),
    ("970431", "Eximbank", "EBVIVNVX"),
    ("970428", "Nam A Bank", "NAMAVNVX"),
    ("970454", "BVBank", ""),
    ("970425", "ABBANK", ""),
    ("970409", "Bac A Bank", ""),
    ("970452", "KienlongBank", ""),
    ("970412", "PVcomBank", ""),
    ("970427", "VietABank", ""),
    ("970433", "Vietbank", ""),
    ("970419", "NCB", ""),
    ("970430", "PGBank", ""),
    ("970424", "Shinhan Bank", ""),
    ("546034", "Cake", ""),
    ("546035", "Ubank", ""),
    ("963388", "Timo", ""),
    ("971025", "MoMo", ""),
    ("970421", "Viet Nga (VRB)", ""),
    ("970400", "SaigonBank", ""),
    ("970438", "BaoViet Bank", ""),
    ("970414", "MBV", ""),
    ("970406", "Vikki", ""),
];

/// The bank's short name.
pub fn bank_name(bin: &str) -> Option<&'static str> {
    let bank = BANKS.iter().find(|(number, ..)| *number == bin);
    bank.map(|(_, name, _)| *name)
}

/// The bank's SWIFT code.
pub fn bank_swift(bin: &str) -> Option<&'static str> {
    let bank = BANKS.iter().find(|(number, ..)| *number == bin);
    bank.map(|(.., swift)| *swift).filter(|s| !s.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bank_is_known_by_its_number() {
        assert_eq!(bank_name("970436"), Some("Vietcombank"));
        assert_eq!(bank_swift("970436"), Some("BFTVVNVX"));
        assert_eq!(bank_name("970414"), Some("MBV"));
        assert_eq!(bank_swift("971025"), None);
        assert_eq!(bank_name("000000"), None);
        for (number, name, _) in BANKS {
            assert!(
                number.len() == 6 && number.bytes().all(|b| b.is_ascii_digit()),
                "{name}"
            );
        }
    }
}
