"""The window at a counter: from the first set-up to the end of the day."""

import time

from desktop import Window
from picture import moving, ringed
from shop import AGENT, ANY_NETWORK, BILLS, CLEARED, FTTH, PASSPHRASE, PASSWORD, PIN, POSTPAID, TV, WRONG, ask
from waiting import until

EVN, VIETTEL, ANY = "Gạch điện EVN", "Nạp tiền Viettel", "Nạp tiền đa mạng"
LOOK_FTTH, LOOK_POSTPAID, PAY_TV = "Tra cứu FTTH", "Tra cứu nợ trả sau", "Thanh toán TV – Internet"


def opened(shop, desktop, home, **more):
    """The window over the whole screen."""
    window = Window(desktop, [shop.program], shop.env(home, **more), shop.logs / f"window-{home.name}.log")
    window.place(0, 0, *desktop.size)
    until("it lies over the whole screen", lambda: window.box() == (0, 0, *desktop.size))
    return window


def union(*places):
    return (
        min(p[0] for p in places),
        min(p[1] for p in places),
        max(p[2] for p in places),
        max(p[3] for p in places),
    )


def all_of(shop, album, desktop):
    first_set_up(shop, album, desktop)
    home = shop.counter("quay-1", shop.counter_token, browser__keep_open_min=0, limits__per_job=2_000_000,
                        limits__per_day=30_000_000)
    with opened(shop, desktop, home) as window:
        scenes = Scenes(shop, album, desktop, window)
        scenes.a_day()
    shop.run(home, "config", "operator", "Nguyễn Thị Lan", "--stdin", given="1234")
    shop.run(home, "config", "operator", "Trần Văn Minh", "--stdin", given="5678")
    with opened(shop, desktop, home) as window:
        locked(album, window)


def first_set_up(shop, album, desktop):
    with opened(shop, desktop, shop.home("moi")) as window:
        window.hears("Thiết lập lần đầu", 90)
        window.enter("Tên bạn", "Nguyễn Thị Lan")
        window.enter("Mã đại lý đăng nhập cổng", AGENT)
        window.enter("Mật khẩu cổng (tối đa 6 ký tự)", PASSWORD)
        window.enter("Mã PIN", PIN)
        window.enter("Địa chỉ máy chủ việc (API)", "http://192.168.1.10:8000")
        window.enter("Mã truy cập API (nếu có)", "gn_" + "x" * 40)
        window.enter("Mật khẩu mở khóa (tự đặt)", PASSPHRASE)
        window.hears("mạnh")
        window.hears("Trình duyệt: sẵn sàng")
        save, check = window.find("Lưu và bắt đầu").place(), window.find("Kiểm tra").place()
        title = window.find("Thiết lập lần đầu", None).place()
        field = window.find("Tên bạn", ("entry",)).place()
        album.keep("thiet-lap", window.picture(), [check, save], [title, field], margin=24)


class Scenes:
    def __init__(self, shop, album, desktop, window):
        self.shop, self.album, self.desktop, self.window = shop, album, desktop, window

    def place(self, name, role=None, **how):
        return self.window.find(name, role, **how).place()

    def go(self, name):
        self.window.click(name, starts=True)

    def paste(self, label, lines):
        self.window.enter(f"{label} (mỗi dòng một mã)", "\n".join(lines))

    def ready(self, count):
        self.window.hears(f"Sẵn sàng · {count} dòng")
        time.sleep(0.3)

    def over(self, patience=180):
        self.window.find("Danh sách mới", patience=patience)
        time.sleep(0.3)

    def keep(self, name, rings=(), crop=None, margin=14):
        self.album.keep(name, self.window.picture(), rings, crop, margin)

    def a_day(self):
        window = self.window
        window.find("Get dữ liệu", patience=90)
        window.hears("Máy chủ: sẵn sàng")
        window.hears("Trình duyệt: sẵn sàng")
        self.bills()
        self.pasted()
        self.other_services()
        self.doubt()
        self.person_wanted()
        self.end_of_day()
        self.auto()
        self.settings()

    def bills(self):
        window = self.window
        self.go(EVN)
        window.hears("Chưa có dữ liệu")
        self.keep("trong", [self.place("Get dữ liệu")])
        window.click("Get dữ liệu")
        self.ready(len(BILLS))
        services = union(self.place("Tra cứu FTTH"), self.place("Tra cứu nợ trả sau"))
        sentence = self.place("Sẵn sàng", ("label",), starts=True)
        lights = union(self.place("Máy chủ", ("label",), patience=5) if 0 else self.light("Máy chủ"), self.light("Số dư"))
        sheet = self.place("Trả ", ("label",), starts=True)
        begin = self.place("Bắt đầu")
        self.keep("man-hinh", [services, sentence, lights, sheet, begin])
        window.click("Chạy thử")
        window.hears("Chạy thử xong", patience=180)
        self.keep("chay-thu", [self.place("Chạy thử xong", ("label",), starts=True), self.place("Bắt đầu")])
        window.click("Bắt đầu")
        until("some are done", lambda: any(t.name.startswith(("3/", "4/", "5/")) for t in window.things()), 120)
        self.keep("dang-chay", [self.place("Đang chạy", ("label",), starts=True), self.place("Dừng lại")])
        self.over()
        self.keep("xong", [self.place("Xong ·", ("label",), starts=True), self.place("Xuất Excel")])
        window.click("Xuất Excel")
        saved = self.place("Đã lưu", ("label",), starts=True)
        self.keep("da-luu", [self.place("Mở báo cáo"), self.place("Danh sách mới")], [saved, self.place("Xuất Excel")], margin=30)
        window.click("Danh sách mới")

    def light(self, name):
        for thing in self.window.things():
            if name in thing.name and thing.role == "label" and thing.place()[1] < 60:
                return thing.place()
        raise LookupError(name)

    def pasted(self):
        """A list from Excel, with what is wrong in it."""
        codes = list(BILLS)[:3]
        self.paste("Mã khách hàng", [CLEARED, WRONG, codes[0], codes[0], "mã khách"])
        self.window.hears("Bỏ 1 dòng sai, 1 dòng trùng")
        time.sleep(0.3)
        form = self.place("Mã khách hàng (mỗi dòng một mã)", ("entry", "text"))
        left_out = self.place("Bỏ 1 dòng sai, 1 dòng trùng", ("label",))
        self.keep("dan-ma", [form, left_out])
        self.window.click("Bắt đầu")
        self.over()
        self.keep("da-gach-sai-ma")
        self.window.click("Danh sách mới")

    def other_services(self):
        window = self.window
        for service, label, lines, name in (
            (LOOK_FTTH, "Số thuê bao", list(FTTH), "tra-ftth"),
            (LOOK_POSTPAID, "Số điện thoại", list(POSTPAID), "tra-no-tra-sau"),
        ):
            self.go(service)
            self.paste(label, lines)
            self.ready(len(lines))
            window.click("Bắt đầu")
            self.over()
            self.keep(name, [self.place("Còn nợ", ("label",), starts=True)])
        self.go(PAY_TV)
        self.paste("Mã thuê bao", list(TV))
        self.ready(len(TV))
        self.keep("tv-internet", [self.place("Trả ", ("label",), starts=True), self.place("Bắt đầu")])
        window.click("Bắt đầu")
        self.over()
        self.go(ANY)
        window.enter("Số tiền nạp (dòng không ghi số tiền)", "50.000")
        kind = window.find("Loại của dòng không ghi số tiền", None)
        window.click_in(self.kind(kind).place())
        window.click("Nạp trả trước", None, patience=10)
        self.paste("Số điện thoại", ANY_NETWORK)
        self.ready(len(ANY_NETWORK))
        amount = self.place("Số tiền nạp (dòng không ghi số tiền)", ("entry",))
        kinds = self.kind(kind).place()
        self.keep("nap-da-mang", [kinds, amount, self.place("Nạp ", ("label",), starts=True)])

    def kind(self, label):
        """The box with the choice below this label."""
        for thing in self.window.things():
            if thing.role in ("combo box", "push button") and thing.name.startswith(("Loại của dòng", "Gạch nợ trả sau", "Nạp trả trước")):
                return thing
        raise LookupError("the choice")

    def doubt(self):
        """A top-up that the portal does not answer for."""
        window, shop = self.window, self.shop
        fault = {"at": "confirm", "account": "0971230044", "times": 1, "action": {"settle_ms": 3_600_000}}
        shop.change_portal(switches={"history": False}, faults=[fault])
        self.go(VIETTEL)
        window.click("Get dữ liệu")
        self.ready(4)
        self.keep("nap-viettel", [self.place("Trả ", ("label",), starts=True), self.place("Bắt đầu")])
        window.click("Bắt đầu")
        self.over(300)
        self.keep("chua-ro", [self.place("Xong ·", ("label",), starts=True), self.place("Đối soát"),
                              self.place("Xem từng giao dịch")])
        window.click("Xem từng giao dịch")
        window.click("Diễn biến")
        window.hears("Chứng cứ")
        window.enter("Tên bạn", "Nguyễn Thị Lan")
        window.enter("Lý do", "Đã xem lịch sử trên cổng lúc 10:40")
        paid, not_paid = self.place("Đã trả"), self.place("Chưa trả")
        self.keep("quyet-dinh", [paid, not_paid])
        shop.change_portal(switches={"history": True}, faults=[])

    def person_wanted(self):
        window, shop = self.window, self.shop
        shop.change_portal(switches={"otp": True})
        self.go(EVN)
        self.paste("Mã khách hàng", [CLEARED])
        self.ready(1)
        window.click("Bắt đầu")
        shown = self.place("Hiện trình duyệt", patience=90)
        self.keep("can-ban", [shown])
        window.click("Dừng lại")
        shop.change_portal(switches={"otp": False})
        self.over(120)
        window.click("Danh sách mới")

    def end_of_day(self):
        window = self.window
        self.go("Lịch sử")
        window.enter("Tiền đếm được", "3 triệu")
        time.sleep(0.5)
        counted = self.place("Tiền đếm được", ("entry",))
        self.keep("lich-su", [counted])
        self.go("Đã trả chưa?")
        window.enter("Mã", list(BILLS)[0])
        window.click("Kiểm tra")
        answer = self.place("✔ Đã trả", ("label",), starts=True)
        self.keep("da-tra-chua", [self.place("Mã", ("entry",)), answer])

    def auto(self):
        self.go(EVN)
        self.window.click("Tự động", ("check box", "toggle button"))
        begin = self.place("Bật tự động")
        self.keep("tu-dong", [begin], [self.place("Tự động", ("check box",))], margin=40)
        self.window.click("Thôi")

    def settings(self):
        window = self.window
        self.go("Cài đặt")
        window.click("Chẩn đoán")
        until("the doctor has said all", lambda: not any("Đang chẩn đoán" in t.name for t in window.things()), 180)
        self.keep("chan-doan", [self.place("Chẩn đoán")])


def locked(album, window):
    window.find("Get dữ liệu", patience=90)
    window.desktop.press("ctrl+l")
    unlock = window.find("Mở khóa").place()
    title = window.find("Cửa sổ đang khóa", None).place()
    album.keep("khoa", window.picture(), [unlock], [title], margin=120)


def moving_one(shop, desktop, path):
    pass
