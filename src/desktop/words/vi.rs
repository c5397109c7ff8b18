//! Vietnamese.

use super::{Words, grouped};
use crate::domain::{Language, Outcome, PaymentType};

pub const WORDS: Words = Words {
    language: Language::Vi,
    service: |service| service.spec().title,
    account: |service| service.spec().account_label,
    outcome: Outcome::label,
    payment: PaymentType::label,
    demo: "dùng thử",
    services: "Dịch vụ",

    find: "Đã trả chưa?",
    history: "Lịch sử",
    settings: "Cài đặt",
    notices: "Thông báo",
    details: "Chi tiết",

    server: "Máy chủ",
    unacknowledged: |count| format!("{count} kết quả chưa báo"),
    unacknowledged_hint: "Đã ghi trong sổ máy này; sẽ tự báo cho máy chủ khi nối được.",
    browser: "Trình duyệt",
    checking: "đang kiểm tra…",
    good: "sẵn sàng",
    unused: "không dùng",
    bad: "mất kết nối",
    balance: "Số dư",
    light: "Nền sáng",
    dark: "Nền tối",
    help: "Trợ giúp",
    help_first: "Mục lục",
    help_close: "Đóng",
    lock: "Khóa",

    opening: "Đang mở sổ giao dịch…",
    locked: "Cấu hình đang khóa. Nhập mật khẩu mở khóa.",
    no_list: "Chưa có dữ liệu. Bấm Get dữ liệu, hoặc dán mã vào ô bên trái.",
    ready: |count, sum| {
        if sum.is_empty() {
            format!("Sẵn sàng · {count} dòng", count = grouped(count))
        } else {
            format!("Sẵn sàng · {count} dòng · {sum}", count = grouped(count))
        }
    },
    missing: |count, what| format!("{count} dòng · {what}", count = grouped(count)),
    running: |sessions, left, end| {
        let who = if sessions > 1 {
            format!("Đang chạy {sessions} phiên")
        } else {
            "Đang chạy".to_owned()
        };
        format!("{who} · còn {left} dòng{end}", left = grouped(left))
    },
    signing_in: "Đang đăng nhập cổng…",
    ends_at: |time| format!(" · xong lúc {time}"),
    paused: |left| {
        format!(
            "Tạm dừng · còn {left} dòng · phiên vẫn đăng nhập, bấm Tiếp tục để chạy tiếp",
            left = grouped(left)
        )
    },
    stopping: "Đang dừng ở điểm an toàn…",
    done: |summary| format!("Xong · {summary}"),
    stopped: |summary| format!("Đã dừng · {summary}"),
    elsewhere: |service| format!("Đang chạy {service}"),
    reconciling: |count| format!("Đang đăng nhập cổng để đối soát {count} giao dịch…"),
    mishap: |path| format!("Lần trước chương trình gặp sự cố; sổ vẫn nguyên vẹn. Báo cáo: {path}"),
    peek: "Xem trang",
    idle_now: "Rảnh · không có lô nào đang chạy",
    owed_sum: |count, sum| format!("Còn nợ {} mã · {sum}", grouped(count)),
    paid_sum: |sum| format!("{sum} đã trả"),
    count_of: |count, what| format!("{} {}", grouped(count), what.to_lowercase()),

    payment_type: "Loại của dòng không ghi số tiền",
    amount: "Số tiền nạp (dòng không ghi số tiền)",
    receiver: "SĐT người nhận",
    lines: |account| format!("{account} (mỗi dòng một mã)"),
    lines_hint: "Dán từ Excel hoặc tin nhắn…",
    pin: "Mã PIN",
    need_pin: "Nhập mã PIN để thanh toán",
    bad_receiver: "SĐT người nhận chưa đúng",
    bad_amount: "Số tiền nạp chưa đúng",
    left_out: |wrong, twice| {
        format!(
            "Bỏ {wrong} dòng sai, {twice} dòng trùng",
            twice = grouped(twice),
            wrong = grouped(wrong)
        )
    },
    duplicate_of: |account, row| format!("{account} trùng với {row}"),
    big_list: |count| {
        format!(
            "Danh sách {count} dòng, quá dài để sửa ở đây. Sửa trong tệp rồi mở lại.",
            count = grouped(count)
        )
    },
    from_file: |count, name| format!("Đã đọc {count} dòng từ {name}", count = grouped(count)),
    new_source: "Nơi lấy dữ liệu đã đổi: danh sách cũ không dùng được nữa. Bấm Get dữ liệu để lấy lại.",
    empty_file: |name| format!("Tệp {name} không có dòng nào; danh sách đang có được giữ nguyên"),
    no_good_row: |why| format!("Không dòng nào làm được. {why}"),
    rehearsed: |count, sum, all| {
        format!(
            "Chạy thử xong · sẽ trả {count} khoản · {sum} ({all})",
            count = grouped(count)
        )
    },
    decide: "Ghi vào sổ",
    decide_sure: |word, account, amount| {
        format!("Ghi “{word}” cho {account}, {amount}? Đã ghi thì không sửa lại được.")
    },
    leave_it: "Thôi",
    auto_sure: |limits| format!("Máy sẽ tự trả tiền thật, không hỏi từng lần. {limits}"),
    auto_start: "Bật tự động",
    no_data: "Không có dữ liệu từ API",
    fetched: |count, service| format!("Đã tải {count} dòng: {service}", count = grouped(count)),
    empty: "Danh sách trống",
    empty_hint: "Bấm Get dữ liệu để lấy việc từ máy chủ, dán mã vào ô bên trái, hoặc thả tệp CSV, XLSX, JSON vào cửa sổ.",

    previous: "Danh sách trước",
    closing: "Đang chạy dở. Đóng bây giờ thì việc đang làm được làm nốt rồi mới đóng; phần còn lại chưa làm.",
    close_it: "Đóng sau việc này",
    stay_open: "Để chạy tiếp",
    fetch: "Get dữ liệu",
    open_file: "Mở tệp…",
    start: "Bắt đầu",
    go_on: "Chạy tiếp",
    dry_run: "Chạy thử",
    pause: "Tạm dừng",
    resume: "Tiếp tục",
    stop: "Dừng lại",
    export: "Xuất Excel",
    new_list: "Danh sách mới",
    again: "Làm lại dòng lỗi",
    copy_rows: "Chép bảng",
    copy_code: "Chép mã",
    copied: "Đã chép bảng; dán vào Excel được ngay",
    open_report: "Mở báo cáo",
    open_folder: "Mở thư mục",
    saved: |name| format!("Đã lưu {name}"),
    reconcile: "Đối soát",
    show_browser: "Hiện trình duyệt",

    will_pay: |count, sum| format!("Trả {count} khoản · {sum}", count = grouped(count)),
    will_pay_some_quoted: |count, sum, quoted| {
        format!(
            "Trả {count} khoản · {sum} và {quoted} khoản theo cổng báo",
            quoted = grouped(quoted),
            count = grouped(count)
        )
    },
    will_top_up: |count, sum| format!("Nạp {count} số trả trước · {sum}", count = grouped(count)),
    will_clear: |count| {
        format!(
            "Gạch nợ {count} số trả sau · số tiền theo cổng báo",
            count = grouped(count)
        )
    },
    will_pay_quoted: |count| {
        format!(
            "Trả {count} khoản · số tiền theo cổng báo",
            count = grouped(count)
        )
    },
    takes_about: |minutes| format!("khoảng {minutes} phút"),
    will_look_up: |count| format!("Tra {count} mã · không trả tiền", count = grouped(count)),
    after_it: |before, after| format!("Số dư {before}, sau đó còn {after}"),
    too_little: |short| format!("Số dư thiếu {short}"),
    limits: |all| format!("Giới hạn: {all}"),
    no_limits: "Chưa đặt giới hạn nào",
    per_job: "mỗi khoản",
    per_batch: "mỗi lô",
    per_day: "mỗi ngày",
    paid_before: |count| {
        format!(
            "{count} khoản đã trả trong tháng này; cùng số tiền sẽ không trả lại",
            count = grouped(count)
        )
    },
    in_doubt_before: |count| {
        format!(
            "{count} khoản đang chưa rõ; sẽ không trả lại",
            count = grouped(count)
        )
    },
    row_paid_before: |when| format!("Đã trả lúc {when}"),
    row_in_doubt: "Lần trước chưa rõ kết quả",

    settling: |count, left| format!("Đang đối soát {count} giao dịch, nhiều nhất còn {left}"),
    waited_for: |what, left| format!("{what} · còn {left}"),
    stopped_list: |when, left, jobs| {
        format!(
            "Danh sách này đã chạy dở từ {when}: còn {left} trên {jobs} dòng chưa nạp. Làm gì tiếp?"
        )
    },
    continue_list: "Làm tiếp phần còn lại",
    continue_does: |left, paid| {
        format!("Chỉ nạp {left} dòng còn lại. Những dòng đã nạp ({paid}) không nạp nữa.")
    },
    begin_anew: "Nạp lại từ đầu",
    anew_does: |jobs, hours| {
        format!(
            "Nạp cả {jobs} dòng thêm một lần. Dòng nào vừa nạp trong {hours} giờ qua thì giữ lại để hỏi."
        )
    },
    held_back: |count| {
        format!(
            "{count} dòng giống hệt khoản vừa nạp. Đánh dấu những dòng đúng là muốn nạp thêm một lần nữa:"
        )
    },
    tick_all: "Tất cả các dòng này",
    top_up_again: |count| format!("Nạp thêm lần nữa: {count} dòng"),

    kind: "Loại",
    kind_of: |kind| match kind {
        PaymentType::Prepaid => "trả trước",
        PaymentType::Postpaid => "trả sau",
    },
    number: "STT",
    code: "Mã",
    customer: "Khách hàng",
    money: "Số tiền",
    state: "Trạng thái",
    note: "Ghi chú",
    at: "Lúc",
    all: "Tất cả",
    waiting: "Chờ",
    working: "Đang làm",
    finished: "Xong",
    refused: "Từ chối, lỗi",
    needs_look: "Cần xem",
    search: "Tìm trong bảng",
    search_hint: "mã, tên, ghi chú",
    looking_up: "Đang tra",
    preparing: "Đang chuẩn bị",
    paying: "Đang trả",
    verifying: "Đang xác minh",
    in_doubt: "Chưa rõ",
    no_match: "Không có dòng nào khớp",
    retry: |why| format!("Thử lại: {why}"),

    sessions: "Phiên",
    session: |number| format!("Phiên {number}"),
    idle: "chờ việc",
    out: "đã nghỉ",
    jobs_done: |count| format!("{count} xong"),
    a_minute: |count| format!("{count}/phút"),
    rate: "Tốc độ (việc mỗi phút)",

    doubts: |count| {
        format!("{count} giao dịch chưa rõ kết quả; nợ của chúng đang khóa, không trả lại")
    },
    settled: |count| format!("Đối soát: đã rõ {count} giao dịch"),
    look_at_doubts: "Xem từng giao dịch",
    resolve_title: "Bạn đã kiểm tra trên cổng. Kết quả là:",
    was_paid: "Đã trả",
    was_not_paid: "Chưa trả",
    your_name: "Tên bạn",
    reason: "Lý do",
    reason_hint: "xem sao kê, gọi tổng đài…",
    resolved: "Đã ghi kết luận vào sổ",

    find_title: "Đã thanh toán chưa?",
    find_hint: "Mã, số điện thoại, mã đơn, mã giao dịch…",
    never: |what| format!("Máy này chưa từng làm gì với {what}"),
    answer_paid: |amount, when, service| format!("Đã trả {amount} lúc {when} · {service}"),
    answer_doubt: |when| format!("Chưa rõ từ {when}: đừng thu hoặc trả lại khi chưa đối soát"),
    answer_not_paid: |outcome| format!("Chưa trả · lần cuối: {outcome}"),
    proof: |proof| format!("Bằng chứng: {proof}"),
    transaction: |id| format!("Mã giao dịch {id}"),
    story: "Diễn biến",
    picture: "Ảnh",
    page_text: "Chữ",
    make_small: "Thu nhỏ",
    evidence: "Chứng cứ",

    history_title: "Lịch sử và đối chiếu",
    days: |count| format!("{count} ngày"),
    total: |sum| format!("Tổng {sum}"),
    nothing_yet: "Chưa có lô nào trong khoảng này",
    items: "Số khoản",
    batches: "Các lô",
    by_day: "Đã trả theo ngày (triệu đồng)",
    by_service: "Theo dịch vụ",
    by_outcome: "Theo kết quả",
    of_the_day: "Hôm nay",
    cash_counted: "Tiền đếm được",
    shift: "Ca này",
    shift_since: |time, bills| format!("Từ {time} sổ ghi {bills} khoản đã trả"),
    shift_opening: "Tiền đầu ca",
    shift_paid: |bills| format!("Đã thu {bills} khoản"),
    shift_slip: "KẾT CA",
    shift_from: "Từ",
    shift_to: "Đến",
    by_notes: "Đếm theo tờ",
    close_shift: "Kết ca",
    shift_closed: "Đã kết ca",
    operator: "Nhân viên",
    print: "In",
    print_receipt: "In biên lai",
    copy_receipt: "Chép ảnh biên lai",
    copy_receipt_hint: "Chép xong dán thẳng vào Zalo (Ctrl+V)",
    picture_copied: |path| {
        format!("Đã chép ảnh biên lai, dán vào Zalo được ngay; ảnh nằm ở {path}")
    },
    receipt_title: "BIÊN LAI THANH TOÁN",
    no_receipt: "Khoản này chưa trả nên không có biên lai",
    transaction_id: "Mã giao dịch",
    cash_fits: "Khớp từng đồng",
    cash_short: |by| format!("Thiếu {by}"),
    cash_over: |by| format!("Thừa {by}"),
    export_all: "Xuất khoảng này",
    export_ticked: |count| format!("Xuất {count} lô đã chọn"),
    unfinished: "chưa xong",

    locked_title: "Cửa sổ đang khóa",
    passphrase: "Mật khẩu mở khóa",
    passphrase_or_pin: "Mật khẩu mở khóa hoặc mã PIN",
    who: "Ai đang làm?",
    passphrase_or_own_pin: "Mã PIN của bạn, hoặc mật khẩu mở khóa",
    own_pin: "Mã PIN riêng",
    operators: "Người làm ở máy này",
    operators_hint: "Có tên trong danh sách này thì phải đăng nhập bằng mã PIN riêng; tên được ghi vào từng giao dịch. Danh sách trống: không cần đăng nhập.",
    let_in: "Cho phép",
    remove: "Xóa",
    unlock: "Mở khóa",
    wrong: |seconds| format!("Chưa đúng. Thử lại sau {seconds} giây"),
    runs_on: "Lô đang chạy vẫn chạy tiếp.",
    first_title: "Thiết lập lần đầu",
    first_hint: "Chỉ một lần. Bí mật được mã hóa trong máy này và không hiện lại ở đâu cả.",
    portal_user: "Mã đại lý đăng nhập cổng",
    portal_password: "Mật khẩu cổng (tối đa 6 ký tự)",
    api_url: "Địa chỉ máy chủ việc (API)",
    api_token: "Mã truy cập API (nếu có)",
    check: "Kiểm tra",
    new_passphrase: "Mật khẩu mở khóa (tự đặt)",
    use_keyring: "Giữ khóa trong kho khóa của hệ điều hành, không cần mật khẩu",
    weak: "yếu",
    fair: "tạm được",
    strong: "mạnh",
    save_and_go: "Lưu và bắt đầu",
    later: "Để sau",
    try_demo: "Dùng thử với sandbox",
    browser_help: "Cài trình duyệt Chrome (hoặc dùng Edge có sẵn của Windows), rồi bấm Kiểm tra.",
    fetch_driver: "Tải trình điều khiển",
    fetch_driver_again: "Tải lại",
    fetch_driver_hint: "Khoảng 10–20 MB, tải một lần cho mỗi phiên bản trình duyệt.",
    fetching_driver: "Đang tải trình điều khiển của trình duyệt…",

    settings_title: "Cài đặt",
    setting,
    section: |section| match section {
        "portal" => "Cổng đại lý",
        "reconcile" => "Đối soát",
        "api" => "Máy chủ việc",
        "site" => "Trang thu cước",
        "browser" => "Trình duyệt",
        "limits" => "Giới hạn",
        "report" => "Báo cáo",
        "evidence" => "Ảnh và giấy tờ giữ lại",
        "window" => "Cửa sổ",
        "auto" => "Tự động",
        "operator" => "Người làm",
        _ => "",
    },
    choice: |value| match value {
        "api" => "Máy chủ việc",
        "site" => "Trang thu cước",
        "vi" => "Tiếng Việt",
        "en" => "English",
        _ => "",
    },
    of_the_shop: "Cửa hàng",
    advanced: "Nâng cao",
    owner_only: "Chỉ chủ cửa hàng đổi được mật khẩu, giới hạn và người làm: khóa cửa sổ rồi mở lại bằng mật khẩu mở khóa.",
    remove_sure: |name| format!("Xóa {name}? Người này không đăng nhập ở máy này được nữa."),
    from_to: |least, most| format!("{least} đến {most}"),
    save: "Lưu",
    set: "đã đặt",
    not_set: "chưa đặt",
    kept: "Đã lưu",
    admin: "Trang quản trị",
    diagnose: "Chẩn đoán",
    diagnosing: "Đang chẩn đoán…",
    ledger: "Sổ giao dịch",
    ledger_whole: |events| format!("nguyên vẹn, {} dòng", grouped(events)),
    portal: "Cổng đại lý",
    portal_page: |page| match page {
        "frame" => "Khung trang của cổng".to_owned(),
        "login" => "Trang đăng nhập".to_owned(),
        "evn" => "Trang tiền điện".to_owned(),
        "tv" | "internet_tv" => "Trang truyền hình, Internet".to_owned(),
        "phone" => "Trang nạp tiền".to_owned(),
        "history" => "Trang lịch sử giao dịch".to_owned(),
        other => format!("Trang {other}"),
    },
    balance_low: |balance| format!("Số dư sắp hết: còn {balance}"),
    odd_codes: |count, first, service| {
        format!(
            "{count} mã không giống mã của {service} (đầu tiên: {first}). Đúng dịch vụ chưa?",
            count = grouped(count)
        )
    },
    earlier_lists: "Các danh sách trước",
    a_list: |count, first| format!("{} dòng · {first}…", grouped(count)),
    by_person: "Theo nhân viên",
    by_hour: "Theo giờ (số khoản)",
    only_these: |what| format!("Chỉ {what} ✕"),
    run_bar: "GạchNợ đang chạy",
    import: "Nhập cài đặt…",
    export_settings: "Xuất cài đặt (không có bí mật)",
    shortcuts: "Phím tắt",
    auto: "Tự động",
    auto_hint: "Lần lượt từng dịch vụ: lấy việc, trả, xuất báo cáo; trong giới hạn đã đặt.",
    auto_on: |when| format!("Tự động: lần tới lúc {when}"),
};

/// Where reports go by themselves differs from system to system.
const REPORTS: &str = if cfg!(any(windows, target_os = "macos")) {
    "Thư mục báo cáo; trống là Documents/GachNo"
} else {
    "Thư mục báo cáo; trống là ket_qua"
};

/// What a key of `config.json` does.
fn setting(key: &str) -> &'static str {
    match key {
        "portal.url" => "Địa chỉ cổng đại lý",
        "portal.username" => "Mã đại lý đăng nhập; lô không chạy với người khác",
        "portal.password" => "Mật khẩu cổng",
        "portal.pin" => "Mã PIN xác nhận thanh toán",
        "portal.agent_code" => "Mã đại lý hiện trên cổng, nếu khác tên đăng nhập",
        "portal.answer_timeout_s" => {
            "Chờ cổng trả lời bao nhiêu giây; sau khi xác nhận mà quá hạn thì thành chưa rõ"
        }
        "portal.person_timeout_s" => "Chờ người nhập captcha, OTP bao nhiêu giây",
        "portal.retries" => "Thử lại mấy lần khi lỗi kỹ thuật, trước khi trả tiền",
        "portal.failures_before_pause" => "Mấy lỗi kỹ thuật liên tiếp thì lô tự dừng",
        "reconcile.wait_s" => "Cuối lô đối soát thêm bao nhiêu giây",
        "reconcile.look_after_ms" => "Các mốc đối soát (giây sau khi chưa rõ)",
        "reconcile.settle_ms" => "Cổng chậm hiện giao dịch nhiều nhất bao nhiêu giây",
        "reconcile.apart_ms" => "Hai lần đọc lịch sử cách nhau bao nhiêu giây",
        "api.source" => "Việc lấy từ đâu",
        "api.jobs_at_once" => "Lấy nhiều nhất mấy việc một lần",
        "site.url" => "Địa chỉ trang thu cước",
        "site.username" => "Tên đăng nhập trang thu cước",
        "site.password" => "Mật khẩu trang thu cước",
        "api.url" => "Địa chỉ máy chủ việc",
        "api.token" => "Mã truy cập của máy này",
        "api.health_timeout_s" => "Chờ kiểm tra máy chủ bao nhiêu giây",
        "api.data_timeout_s" => "Chờ lấy danh sách bao nhiêu giây",
        "browser.webdriver_url" => "Selenium Grid thay cho trình duyệt trên máy này",
        "browser.browser_path" => "Chrome, Chromium hoặc Edge; để trống là tự tìm",
        "browser.driver_path" => "Trình điều khiển; để trống là tự tìm",
        "browser.fetch_driver" => "Tải trình điều khiển khi thiếu: ask (hỏi), yes (tự tải), no",
        "browser.driver_mirror" => "Nơi tải ChromeDriver; để trống là nơi chính thức",
        "browser.edge_driver_mirror" => "Nơi tải EdgeDriver; để trống là nơi chính thức",
        "browser.headless" => "Trình duyệt không cửa sổ; khi đó không nhập được captcha, OTP",
        "browser.bidi" => "Giữ yêu cầu xác nhận trước khi rời trình duyệt",
        "browser.valve" => "Khóa cả đường truyền khi giữ; tắt chỉ khi phải qua proxy",
        "browser.sessions" => "Số phiên chạy cùng lúc, nhiều nhất",
        "browser.keep_open_min" => "Giữ phiên mở sau mỗi đợt mấy phút; 0 là không",
        "browser.logins_per_browser" => "Số phiên trong một trình duyệt",
        "limits.per_job" => "Nhiều nhất cho một khoản; trống là không giới hạn",
        "limits.per_batch" => "Nhiều nhất cho một lô",
        "limits.per_day" => "Nhiều nhất cho một ngày",
        "limits.repeat_hours" => {
            "Nạp trùng số và số tiền: hỏi lại trong bao nhiêu giờ (0: không hỏi)"
        }
        "limits.tolerance" => "Số tiền cổng báo được lệch bao nhiêu so với danh sách",
        "report.shop" => "Tên cửa hàng in trên biên lai",
        "report.folder" => REPORTS,
        "evidence.pictures" => {
            "Giữ chữ mọi khoản và ảnh khoản cổng trả lời lạ; tắt thì chỉ khi lỗi hoặc chưa rõ"
        }
        "evidence.every_payment" => "Chụp màn hình mọi khoản (chậm hơn một chút)",
        "evidence.keep_days" => "Giữ chứng cứ bao nhiêu ngày",
        "window.language" => "Ngôn ngữ",
        "window.dark" => "Nền tối",
        "window.scale_percent" => "Cỡ chữ, phần trăm (80 đến 200)",
        "window.lock_after_min" => "Tự khóa sau mấy phút không dùng; 0 là không",
        "window.low_balance" => "Báo khi số dư cổng xuống dưới (0: không báo)",
        "window.sound" => "Tiếng báo khi xong hoặc cần người",
        "auto.every_min" => "Tự động: cách nhau mấy phút",
        "auto.quiet_from" => "Tự động: nghỉ từ giờ này",
        "auto.quiet_to" => "Tự động: nghỉ đến giờ này",
        "auto.services" => "Tự động: các dịch vụ, cách nhau dấu phẩy; trống là tất cả",
        "operator" => "Người đang làm; ghi vào mọi lô và báo cáo",
        _ => "",
    }
}
