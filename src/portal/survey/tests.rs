use super::*;

fn candidate(is: Shape, id: &str, words: &str) -> RawCandidate {
    RawCandidate {
        id: id.into(),
        is,
        words: words.into(),
        shown: true,
    }
}

fn of(element: &str, page: &[RawCandidate]) -> Vec<Candidate> {
    let map = PortalMap::load(None).expect("built in");
    nearest(&map.elements[element], map.about.get(element), page)
}

#[test]
fn the_nearest_is_the_one_whose_name_is_most_alike() {
    let page = [
        candidate(Shape::Text, "payMoneyForm:contractCodeNew", ""),
        candidate(Shape::Button, "payMoneyForm:btnLookUp", "KIỂM TRA"),
        candidate(Shape::Text, "payMoneyForm:pinId", ""),
    ];
    let found = of("tv.code", &page);
    assert_eq!(found[0].locator, "[id=\"payMoneyForm:contractCodeNew\"]");
    assert!(found[0].alike > 90, "{found:?}");
    assert_eq!(
        of("tv.search", &page)[0].locator,
        "[id=\"payMoneyForm:btnLookUp\"]",
        "by its words where the id says nothing"
    );
}

#[test]
fn a_field_with_quite_another_name_is_known_by_the_words_beside_it_or_by_being_the_only_one() {
    let choice = candidate(Shape::Radio, "payMoneyForm:console:0", "Số hợp đồng");
    let field = candidate(Shape::Text, "payMoneyForm:maKH", "Mã khách hàng");
    assert_eq!(
        of("evn.code", &[choice.clone(), field])[0].locator,
        "[id=\"payMoneyForm:maKH\"]"
    );
    let only = candidate(Shape::Text, "payMoneyForm:q", "");
    let found = of("evn.code", &[choice, only]);
    assert_eq!(
        (found.len(), found[0].locator.as_str()),
        (1, "[id=\"payMoneyForm:q\"]"),
        "a choice is no field"
    );
}

#[test]
fn what_resembles_nothing_has_no_candidate() {
    let page = [
        candidate(Shape::Text, "y:q", ""),
        candidate(Shape::Text, "y:w", ""),
        candidate(Shape::Label, "y:x", "Số dư"),
    ];
    assert!(of("evn.code", &page).is_empty());
}
