use super::*;
use std::io::Write;
use zip::write::SimpleFileOptions;

/// An Excel file with this sheet and these shared strings.
fn file(sheet: &str, strings: &str) -> Vec<u8> {
    file_of_book("", sheet, strings)
}

/// The same, with this said of the whole book. Its second format is a day's.
fn file_of_book(book: &str, sheet: &str, strings: &str) -> Vec<u8> {
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let main = "http://schemas.openxmlformats.org/spreadsheetml/2006/main";
    let office = "http://schemas.openxmlformats.org/officeDocument/2006/relationships";
    let packed = "http://schemas.openxmlformats.org/package/2006/relationships";
    let parts = [
        (
            "[Content_Types].xml",
            "<Types xmlns=\"http://schemas.openxmlformats.org/package/2006/content-types\"/>"
                .to_owned(),
        ),
        (
            "_rels/.rels",
            format!(
                "<Relationships xmlns=\"{packed}\"><Relationship Id=\"r1\" \
                 Type=\"{office}/officeDocument\" Target=\"xl/workbook.xml\"/></Relationships>"
            ),
        ),
        (
            "xl/workbook.xml",
            format!(
                "<workbook xmlns=\"{main}\" xmlns:r=\"{office}\">{book}<sheets>\
                 <sheet name=\"A\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>"
            ),
        ),
        (
            "xl/_rels/workbook.xml.rels",
            format!(
                "<Relationships xmlns=\"{packed}\">\
                 <Relationship Id=\"r1\" Type=\"{office}/worksheet\" Target=\"worksheets/sheet1.xml\"/>\
                 <Relationship Id=\"r2\" Type=\"{office}/sharedStrings\" Target=\"sharedStrings.xml\"/>\
                 <Relationship Id=\"r3\" Type=\"{office}/styles\" Target=\"styles.xml\"/>\
                 </Relationships>"
            ),
        ),
        (
            "xl/worksheets/sheet1.xml",
            format!("<worksheet xmlns=\"{main}\"><sheetData>{sheet}</sheetData></worksheet>"),
        ),
        (
            "xl/styles.xml",
            format!(
                "<styleSheet xmlns=\"{main}\"><cellXfs count=\"2\"><xf numFmtId=\"0\"/><xf numFmtId=\"14\"/></cellXfs></styleSheet>"
            ),
        ),
        (
            "xl/sharedStrings.xml",
            format!("<sst xmlns=\"{main}\">{strings}</sst>"),
        ),
    ];
    for (name, text) in parts {
        out.start_file(name, SimpleFileOptions::default())
            .expect("a part");
        out.write_all(text.as_bytes()).expect("written");
    }
    out.finish().expect("an archive").into_inner()
}

fn cell(at: &str, text: &str) -> String {
    format!("<c r=\"{at}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")
}

fn row(number: usize, cells: &str) -> String {
    format!("<row r=\"{number}\">{cells}</row>")
}

fn excess(bytes: &[u8]) -> Excess {
    match rows_in(bytes) {
        Err(Trouble::Excess(what)) => what,
        other => panic!("{:?}", other.map(|rows| rows.len())),
    }
}

#[test]
fn a_cell_in_the_farthest_corner_is_refused_before_anything_is_laid_out() {
    let corner = row(1, &cell("A1", "Mã")) + &row(1_048_576, &cell("XFD1048576", "x"));
    let bytes = file(&corner, "");
    assert!(bytes.len() < 2_000, "a small file: {}", bytes.len());
    assert_eq!(excess(&bytes), Excess::Columns(COLUMNS_MAX));
    let deep = row(1, &cell("A1", "Mã")) + &row(1_048_576, &cell("A1048576", "x"));
    assert_eq!(excess(&file(&deep, "")), Excess::Rows(SHEET_ROWS_MAX));
}

#[test]
fn a_blank_far_away_is_no_cell() {
    let sheet = row(1, &cell("A1", "Mã"))
        + &row(2, &cell("A2", "PE01"))
        + &row(1_048_576, "<c r=\"XFD1048576\" s=\"1\"/>");
    let rows = rows_in(&file(&sheet, "")).expect("rows");
    assert_eq!(
        rows,
        [(1, vec!["Mã".to_owned()]), (2, vec!["PE01".to_owned()])]
    );
}

#[test]
fn what_unpacks_to_hundreds_of_times_its_size_is_refused_while_it_is_unpacked() {
    let strings = format!("<si><t>{}</t></si>", " ".repeat(190_000_000));
    let bytes = file(&row(1, &cell("A1", "Mã")), &strings);
    assert!(bytes.len() < 400_000, "a small file: {}", bytes.len());
    assert_eq!(excess(&bytes), Excess::Unpacked(UNPACKED_MAX));
}

#[test]
fn many_cells_that_share_one_long_text_are_counted_by_what_they_become() {
    let shared = |index: usize, at: &str| format!("<c r=\"{at}\" t=\"s\"><v>{index}</v></c>");
    let strings = format!("<si><t>{}</t></si>", "x".repeat(CELL_CHARS_MAX));
    let sheet: String = (1..=15_000)
        .map(|n| row(n, &shared(0, &format!("A{n}"))))
        .collect();
    assert_eq!(
        excess(&file(&sheet, &strings)),
        Excess::Text(TEXT_BYTES_MAX)
    );
    let long = format!("<si><t>{}</t></si>", "x".repeat(CELL_CHARS_MAX + 1));
    assert_eq!(
        excess(&file(&row(1, &shared(0, "A1")), &long)),
        Excess::CellLength(CELL_CHARS_MAX)
    );
    let wide: String = (1..=20_000)
        .map(|n| row(n, &cell(&format!("GR{n}"), "x")))
        .collect();
    assert_eq!(excess(&file(&wide, "")), Excess::Cells(CELLS_MAX));
}

#[test]
fn a_file_that_is_no_archive_says_so() {
    assert!(matches!(rows_in(b"no zip"), Err(Trouble::Damaged(_))));
}

#[test]
fn a_code_that_the_spreadsheet_has_cut_is_not_taken_for_another_one() {
    assert_eq!(text_of(&Data::Float(123_456_789_012_345_700.0)), CUT_NUMBER);
    assert_eq!(
        text_of(&Data::Float(123_456_789_012_345.0)),
        "123456789012345"
    );
    assert_eq!(text_of(&Data::Float(1.5)), "1.5");
}

#[test]
fn a_day_is_the_one_that_the_sheet_shows() {
    let day = |number: f64| row(1, &format!("<c r=\"A1\" s=\"1\"><v>{number}</v></c>"));
    let read = |book: &str, number: f64| {
        let rows = rows_in(&file_of_book(book, &day(number), "")).expect("a sheet");
        rows[0].1[0].clone()
    };
    assert_eq!(read("", 46_300.0), "2026-10-05");
    assert_eq!(read("", 46_300.5), "2026-10-05 12:00:00");
    // A Mac's older workbooks count from 1904.
    let of_1904 = "<workbookPr date1904=\"1\"/>";
    assert_eq!(read(of_1904, 44_838.0), "2026-10-05");
}

#[test]
fn rows_that_nobody_sees_are_not_taken_for_a_list() {
    let row = |number: u32, more: &str| {
        format!("<row r=\"{number}\"{more}><c r=\"A{number}\"><v>{number}</v></c></row>")
    };
    let sheet = [
        row(1, ""),
        row(2, " hidden=\"1\""),
        row(3, ""),
        row(4, " ht=\"15\" hidden=\"true\""),
        // Hidden and empty: nothing would come of it.
        "<row r=\"5\" hidden=\"1\"/>".to_owned(),
    ];
    let read = rows_in(&file(&sheet.concat(), ""));
    assert!(
        matches!(read, Err(Trouble::Hidden { count: 2, first: 2 })),
        "{read:?}"
    );
    let shown = [row(1, ""), row(2, " hidden=\"0\"")].concat();
    assert_eq!(rows_in(&file(&shown, "")).expect("rows").len(), 2);
}

#[test]
fn a_book_that_names_its_parts_otherwise_is_read_all_the_same() {
    let sheet = "<row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"2\" hidden=\"1\"><c r=\"A2\"><v>2</v></c></row>";
    let renamed = |hidden: &str| {
        let bytes = file(&sheet.replace(" hidden=\"1\"", hidden), "");
        let mut archive = zip::ZipArchive::new(Cursor::new(&bytes[..])).expect("a file");
        let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
        for at in 0..archive.len() {
            let mut part = archive.by_index(at).expect("a part");
            let name = part
                .name()
                .expect("a name")
                .replace("workbook.xml", "Book7.xml");
            let name = name.replace("worksheets/sheet1", "Worksheets/Sheet1");
            let mut words = String::new();
            part.read_to_string(&mut words).expect("words");
            out.start_file(name, SimpleFileOptions::default())
                .expect("begun");
            let words = words.replace("xl/workbook.xml", "/xl/Book7.xml");
            out.write_all(words.as_bytes()).expect("written");
        }
        out.finish().expect("a file").into_inner()
    };
    assert_eq!(rows_in(&renamed("")).expect("rows").len(), 2);
    let read = rows_in(&renamed(" hidden=\"1\""));
    assert!(
        matches!(read, Err(Trouble::Hidden { count: 1, first: 2 })),
        "{read:?}"
    );
}
