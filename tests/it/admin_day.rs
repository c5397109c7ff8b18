//! The owner's first day in a real browser: the one-time password, a thousand jobs from Excel, an
//! edit, an export.
//!
//! Pictures of the pages go into the folder that `GACHNO_PICTURES` names, else into a temporary
//! one.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use fantoccini::{Client, Locator};
use gachno::report::table::{TableFile, Value};

use crate::admin::{PASSWORD, Shop};

const PATIENCE: Duration = Duration::from_secs(20);

async fn fill(page: &Client, name: &str, text: &str) {
    let field = page
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css(&format!(
            "main [name='{name}'], .gate [name='{name}']"
        )))
        .await
        .expect(name);
    field.clear().await.expect("cleared");
    field.send_keys(text).await.expect("typed");
}

async fn press(page: &Client, words: &str) {
    let path = format!(
        "//main//button[contains(., '{words}')] | //*[@class='gate']//button[contains(., '{words}')]"
    );
    page.wait()
        .at_most(PATIENCE)
        .for_element(Locator::XPath(&path))
        .await
        .expect(words)
        .click()
        .await
        .expect("pressed");
}

async fn sees(page: &Client, words: &str) {
    let end = Instant::now() + PATIENCE;
    loop {
        let text = match page.find(Locator::Css("body")).await {
            Ok(body) => body.text().await.unwrap_or_default(),
            Err(_) => String::new(),
        };
        if text.contains(words) {
            return;
        }
        assert!(Instant::now() < end, "{words:?} is not on the page: {text}");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
}

/// A thousand bills, as the owner's spreadsheet has them.
fn thousand_jobs(folder: &Path) -> PathBuf {
    let heads = ["Dịch vụ", "Mã", "Mã đơn", "Ghi chú"]
        .map(str::to_owned)
        .to_vec();
    let mut sheet = TableFile::new("Việc", heads).expect("sheet");
    for number in 0..1_000 {
        let text = |t: String| Value::Text(t);
        sheet
            .push(&[
                text("Gạch điện EVN".into()),
                text(format!("PE0100{number:07}")),
                text(format!("D{number}")),
                text("khách quen".into()),
            ])
            .expect("row");
    }
    let path = folder.join("việc tháng 11.xlsx");
    sheet.save(&path).expect("saved");
    path
}

#[tokio::test]
async fn the_owners_first_day() {
    let shop = Shop::open().await;
    let (session, page, pictures, folder) = crate::eyes::open().await;
    let url = shop.running.url();
    page.set_window_size(1280, 800).await.expect("size");

    page.goto(&format!("{url}/admin")).await.expect("there");
    picture(&page, &pictures, "dang_nhap").await;
    fill(&page, "username", "chu").await;
    fill(&page, "password", &shop.first_password).await;
    press(&page, "Đăng nhập").await;
    sees(&page, "Đặt mật khẩu của mình").await;
    fill(&page, "password", PASSWORD).await;
    fill(&page, "again", PASSWORD).await;
    press(&page, "Lưu và vào").await;
    sees(&page, "Tổng quan").await;

    page.goto(&format!("{url}/admin/import"))
        .await
        .expect("there");
    picture(&page, &pictures, "nhap_tep").await;
    let file = page
        .find(Locator::Css("input[type=file]"))
        .await
        .expect("a field");
    file.send_keys(&thousand_jobs(folder.path()).display().to_string())
        .await
        .expect("chosen");
    press(&page, "Xem trước").await;
    sees(&page, "1.000 dòng sẽ được nhập").await;
    picture(&page, &pictures, "xem_truoc").await;
    press(&page, "Nhập 1.000 dòng").await;
    sees(&page, "Đã nhập.").await;

    page.goto(&format!("{url}/admin")).await.expect("there");
    sees(&page, "1.000 việc đang chờ").await;
    picture(&page, &pictures, "tong_quan").await;

    page.goto(&format!("{url}/admin/t/jobs?q=PE01000000500"))
        .await
        .expect("there");
    sees(&page, "1 dòng").await;
    page.find(Locator::Css("td[data-name='Ưu tiên'] button"))
        .await
        .expect("a cell")
        .click()
        .await
        .expect("pressed");
    let field = page
        .wait()
        .at_most(PATIENCE)
        .for_element(Locator::Css("td .cell-form input[name=value]"))
        .await
        .expect("a form in the cell");
    field.clear().await.expect("cleared");
    field.send_keys("5").await.expect("typed");
    page.find(Locator::Css("td .cell-form button"))
        .await
        .expect("a button")
        .click()
        .await
        .expect("pressed");
    page.wait()
        .at_most(PATIENCE)
        .for_element(Locator::XPath(
            "//td[@data-name='Ưu tiên']//button[normalize-space(.)='5']",
        ))
        .await
        .expect("saved");

    leaves_a_cell_and_finds_the_list_again(&page).await;

    page.goto(&format!("{url}/admin/t/jobs"))
        .await
        .expect("there");
    picture(&page, &pictures, "viec").await;
    press(&page, "Xuất Excel").await;
    let end = Instant::now() + PATIENCE;
    while shop.trail("export").await == 0 {
        assert!(Instant::now() < end, "nothing was exported");
        tokio::time::sleep(Duration::from_millis(30)).await;
    }
    for (path, name) in [
        ("/admin/t/jobs/500", "mot_viec"),
        ("/admin/people", "tai_khoan"),
        ("/admin/machines", "may"),
        ("/admin/settings", "cai_dat"),
        ("/admin/me", "cua_toi"),
    ] {
        page.goto(&format!("{url}{path}")).await.expect("there");
        picture(&page, &pictures, name).await;
    }
    page.set_window_size(390, 844).await.expect("size");
    for (path, name) in [
        ("/admin", "tong_quan"),
        ("/admin/t/jobs", "viec"),
        ("/admin/t/jobs/500", "mot_viec"),
        ("/admin/import", "nhap_tep"),
        ("/admin/people", "tai_khoan"),
    ] {
        page.goto(&format!("{url}{path}")).await.expect("there");
        picture(&page, &pictures, &format!("{name}_dt")).await;
        let wide = page
            .execute(
                "return document.documentElement.scrollWidth - window.innerWidth",
                vec![],
            )
            .await
            .expect("measured");
        assert!(
            wide.as_i64().is_some_and(|w| w <= 0),
            "{path} is wider than a phone by {wide}"
        );
    }
    session.close().await;
}

/// Escape gives a cell back as it was, and can be edited again; a row leads back to the list with
/// its search.
async fn leaves_a_cell_and_finds_the_list_again(page: &Client) {
    const CELL: &str = "//td[@data-name='Ưu tiên']//button[normalize-space(.)='5']";
    for _ in 0..2 {
        page.wait()
            .at_most(PATIENCE)
            .for_element(Locator::XPath(CELL))
            .await
            .expect("the cell")
            .click()
            .await
            .expect("pressed");
        let field = page
            .wait()
            .at_most(PATIENCE)
            .for_element(Locator::Css("td .cell-form input[name=value]"))
            .await
            .expect("a form in the cell");
        field
            .send_keys("7\u{e00c}")
            .await
            .expect("typed, then Escape");
    }
    page.wait()
        .at_most(PATIENCE)
        .for_element(Locator::XPath(CELL))
        .await
        .expect("as it was");
    page.find(Locator::Css("td[data-name='Số'] a"))
        .await
        .expect("a link")
        .click()
        .await
        .expect("pressed");
    sees(page, "Nhật ký của dòng này").await;
    page.find(Locator::Css("a[data-back]"))
        .await
        .expect("the way back")
        .click()
        .await
        .expect("pressed");
    sees(page, "1 dòng").await;
    let address = page.current_url().await.expect("an address");
    assert_eq!(address.query(), Some("q=PE01000000500"));
}

async fn picture(page: &Client, folder: &Path, name: &str) {
    let bytes = page.screenshot().await.expect("picture");
    std::fs::write(folder.join(format!("{name}.png")), bytes).expect("written");
}
