//! A contract at the door: what is owed, how it is paid, whom to tell.

use askama::Template;

use super::Shell;

/// The page.
#[derive(Template)]
#[template(path = "desk_contract.html")]
pub struct ContractPage {
    /// What stands around it.
    pub shell: Shell,
    /// The contract's number.
    pub number: String,
    /// Whose it is.
    pub customer: String,
    /// Where the door is.
    pub address: String,
    /// What else is to be known of it.
    pub facts: String,
    /// Numbers to dial.
    pub call: Vec<String>,
    /// Payments of it that are not over.
    pub open_payments: Vec<OpenPayment>,
    /// What stands in the way of all payments.
    pub blocked: Option<&'static str>,
    /// Where the form goes.
    pub pay_url: String,
    /// Says that two forms are the same one.
    pub key: String,
    /// Bills.
    pub bills: Vec<ItemRow>,
    /// Receivables.
    pub receivables: Vec<ItemRow>,
    /// Ways to pay.
    pub methods: Vec<MethodRow>,
    /// Whom to tell, and how.
    pub notify: NotifyForm,
    /// How many are ticked.
    pub chosen: usize,
    /// Their sum.
    pub total: String,
    /// Where the other form goes.
    pub visit_url: String,
    /// Nothing is paid today.
    pub visit: VisitForm,
    /// Something was settled elsewhere: for who answers for the shop.
    pub settle: Option<SettleForm>,
}

/// Something was settled elsewhere.
pub struct SettleForm {
    /// The contract's number.
    pub contract: String,
    /// What can be chosen: its number on the wire, and what it is.
    pub items: Vec<(String, String)>,
}

impl ContractPage {
    /// What is owed, by its kind.
    fn groups(&self) -> [(&'static str, &[ItemRow]); 2] {
        [("Hóa đơn", &self.bills), ("Khoản thu", &self.receivables)]
    }
}

/// A payment that is not over.
pub struct OpenPayment {
    /// What it is.
    pub text: String,
    /// Where.
    pub url: String,
}

/// A bill or a receivable.
pub struct ItemRow {
    /// Its number on the wire.
    pub id: String,
    /// What it is.
    pub content: String,
    /// Its number and its days.
    pub facts: String,
    /// Đồng, for the running sum.
    pub amount: i64,
    /// The same for people.
    pub shown: String,
    /// Is it ticked?
    pub is_ticked: bool,
    /// Must it be?
    pub is_forced: bool,
    /// Has another payment taken it?
    pub is_taken: bool,
}

/// A way to pay.
pub struct MethodRow {
    /// Its name on the wire.
    pub value: &'static str,
    /// What people call it.
    pub title: &'static str,
    /// What may still be taken, or whether the wallet is linked.
    pub hint: String,
    /// Is it the one?
    pub is_chosen: bool,
}

/// Whom to tell, and how.
#[derive(Default)]
#[expect(clippy::struct_excessive_bools, reason = "ways, each on or off")]
pub struct NotifyForm {
    /// In few words.
    pub summary: String,
    /// To which number.
    pub phone: String,
    /// The number where `HiFPT` is the only way.
    pub phone_alone: String,
    /// The number where it is not.
    pub phone_all: String,
    /// Numbers to choose from.
    pub phones: Vec<String>,
    /// By `HiFPT`?
    pub hifpt: bool,
    /// Can that not be switched off?
    pub is_hifpt_forced: bool,
    /// By SMS?
    pub sms: bool,
    /// By ZNS?
    pub zns: bool,
    /// What will be said.
    pub text: String,
    /// In how many parts.
    pub parts: usize,
}

/// Nothing is paid today.
#[derive(Default)]
pub struct VisitForm {
    /// Is it shown at once?
    pub is_open: bool,
    /// Why.
    pub reason: String,
    /// Reasons to choose from.
    pub reasons: Vec<&'static str>,
    /// When to come again.
    pub again_on: String,
    /// The first day that can be chosen.
    pub today: String,
    /// What else there is to say.
    pub note: String,
    /// Visits before.
    pub past: Vec<String>,
}
