//! A field of a form as it is drawn.

/// A field of a form.
pub struct Field {
    /// Its name in the form.
    pub name: &'static str,
    /// What people call it.
    pub vi: &'static str,
    /// What it takes: decides which element is drawn.
    pub shape: &'static str,
    /// What stands in it.
    pub value: String,
    /// What a pick list shows for the value.
    pub label: String,
    /// What can be chosen.
    pub choices: Vec<Choice>,
    /// Must something stand there?
    pub is_needed: bool,
    /// What is wrong with it.
    pub why: Option<String>,
    /// What somebody else put there meanwhile.
    pub theirs: Option<String>,
}

/// Something to choose.
pub struct Choice {
    /// What is sent.
    pub value: String,
    /// What is read.
    pub label: String,
    /// Is it the one?
    pub is_chosen: bool,
}
