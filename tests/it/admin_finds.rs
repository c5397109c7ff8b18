//! What a shop's people find again: lists under names of their own, files to fill in, one page for a person, a menu
//! without what only an old shop has.

use gachno::store::Actor;
use gachno::store::catalogue::Role;
use gachno::store::catalogue::goods::ADMIN_CONFIG;
use reqwest::{Method, StatusCode};

use crate::admin::{Shop, upload};
use crate::database::{Base, Which, on_both};
use crate::desk::DeskShop;
use crate::desk_lists::manager;

on_both! {
async fn a_list_is_found_again_by_the_name_that_its_reader_gave_it(base: &Base) {
    let shop = Shop::open_on(base).await;
    shop.add_jobs(&["PE001", "PE002"]).await;
    let mut lan = shop.person("lan", Role::Manager).await;
    let waiting = "f.state.is=ready&sort=updated_at&desc=1";
    let page = lan.get(&format!("/admin/t/jobs?{waiting}")).await;
    page.says("Lưu bộ lọc đang xem");
    let kept = lan.post("/admin/t/jobs/views", &[("query", waiting), ("name", "đang chờ")]).await;
    assert_eq!(kept.status, StatusCode::SEE_OTHER, "{}", kept.body);
    // On the bare list the name leads back to just that.
    let bare = lan.get("/admin/t/jobs").await;
    let found = lan.get(&bare.link("đang chờ</a>")).await;
    found.says("2 dòng").says("Trạng thái là").says("aria-current=\"true\">đang chờ");
    // It is one person's.
    let mut hoa = shop.person("hoa", Role::Manager).await;
    assert!(!hoa.get("/admin/t/jobs").await.body.contains("đang chờ</a>"));
    let nothing = lan.post("/admin/t/jobs/views", &[("query", ""), ("name", "tất cả")]).await;
    assert_eq!(nothing.status, StatusCode::BAD_REQUEST);
    lan.post("/admin/t/jobs/views", &[("forget", "đang chờ"), ("query", "")]).await;
    assert!(!lan.get("/admin/t/jobs").await.body.contains("đang chờ</a>"));
}
}

#[tokio::test]
async fn a_file_to_fill_in_is_understood_when_it_comes_back() {
    let shop = Shop::open().await;
    let mut lan = shop.person("lan", Role::Owner).await;
    let page = lan.get("/admin/import").await;
    for table in ["jobs", "collection_data", "products"] {
        let path = format!("/admin/import/blank?table={table}");
        page.says(&path.replace('&', "&amp;"));
        let answer = lan
            .request(Method::GET, &path)
            .header("cookie", &lan.cookie)
            .send()
            .await
            .unwrap();
        assert_eq!(
            answer.headers()["content-disposition"],
            format!("attachment; filename=\"mau_{table}.xlsx\"")
        );
        let file = answer.bytes().await.unwrap();
        let back = upload(&mut lan, table, "mau.xlsx", &file).await;
        // Its titles are ours, and nothing stands under them.
        assert_eq!(back.status, StatusCode::OK, "{table}: {}", back.body);
        back.says("0 dòng");
    }
    assert_eq!(
        lan.get("/admin/import/blank?table=audit").await.status,
        StatusCode::NOT_FOUND
    );
    let mut collector = shop.person("thu", Role::Collector).await;
    assert_eq!(
        collector.get("/admin/import/blank?table=jobs").await.status,
        StatusCode::FORBIDDEN
    );
}

#[tokio::test]
async fn the_menu_of_a_new_shop_leads_to_nothing_that_only_an_old_one_has() {
    let words = ["Cài đặt cũ", "Giao dịch vận chuyển", "Chi tiết đơn"];
    let new = Shop::open().await;
    let mut owner = new.person("lan", Role::Owner).await;
    let page = owner.get("/admin").await.body;
    assert!(words.iter().all(|word| !page.contains(word)), "{page}");
    // Whoever knows where it is gets there all the same.
    owner.get("/admin/t/admin_config").await.says("Cài đặt cũ");
    let old = Shop::open().await;
    let row = vec![
        ("key".to_owned(), "hotline".to_owned()),
        ("value".to_owned(), "1900".to_owned()),
    ];
    old.store()
        .tables()
        .add(&ADMIN_CONFIG, &row, &Actor::system())
        .await
        .unwrap();
    let mut owner = old.person("lan", Role::Owner).await;
    let page = owner.get("/admin").await;
    page.says("Cài đặt cũ");
    assert!(!page.body.contains("Chi tiết đơn"));
}

#[tokio::test]
async fn one_page_leads_to_all_there_is_of_a_person() {
    let base = Base::new(Which::Sqlite).unwrap();
    let desk = DeskShop::open(&base).await;
    desk.collector("lan", 3_000_000).await;
    let id = desk
        .shop
        .store()
        .accounts()
        .named("lan")
        .await
        .unwrap()
        .unwrap()
        .user_id;
    let mut owner = manager(&desk).await;
    let page = owner.get(&format!("/admin/people/{id}")).await;
    page.says("Hạn mức tiền mặt")
        .says("3.000.000 đ")
        .says("Đang giữ");
    for (name, leads_to) in [
        ("Nhật ký việc đã làm", "/admin/t/audit?f.user_id.is="),
        ("Hợp đồng được giao", "/admin/t/contract?f.collector.is=lan"),
        ("Hồ sơ người dùng", "/admin/t/users/"),
    ] {
        page.says(name).says(leads_to);
        let url = page.link(leads_to);
        assert_eq!(owner.get(&url).await.status, StatusCode::OK, "{url}");
    }
}
