"""The window at a counter: from the first set-up to the end of the day."""

import time

from PIL import Image, ImageDraw

from desktop import BUTTON, Window
from picture import moving
from shop import AGENT, ANY_NETWORK, BILLS, CLEARED, FTTH, PASSPHRASE, PASSWORD, PIN, POSTPAID, TV, WRONG, ask
from waiting import TooLate, until

EVN, VIETTEL, ANY = "Gạch điện EVN", "Nạp tiền Viettel", "Nạp tiền đa mạng"
LOOK_FTTH, LOOK_POSTPAID, PAY_TV = "Tra cứu FTTH", "Tra cứu nợ trả sau", "Thanh toán TV – Internet"


def opened(shop, desktop, home, **more):
    """The window over the whole screen."""
    window = Window(desktop, [shop.program], shop.env(home, **more), shop.logs / f"window-{home.name}.log")
    window.place(0, 0, *desktop.size)
    until("it lies over the whole screen", lambda: window.box() == (0, 0, *desktop.size))
    return window


# Where the side bar's word is not the title of what it leads to.
TITLES = {"Đã trả chưa?": "Đã thanh toán chưa?", "Lịch sử": "Lịch sử và đối chiếu"}


def go(window, name):
    """Chooses a place at the left, until its title stands above."""
    title = TITLES.get(name, name)

    def is_there():
        return any(t.name == title and t.role != "push button" and t.place()[0] > 200 for t in window.things())

    for _ in range(3):
        window.click(name, starts=True)
        try:
            return until(title, is_there, 10)
        except TooLate:
            continue
    raise TooLate(f"the place “{name}”")


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
        go(self.window, name)

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
        window.click("Get dữ liệu")
        self.ready(len(BILLS))
        services = union(self.place("Tra cứu FTTH"), self.place("Tra cứu nợ trả sau"))
        sentence = self.place("Sẵn sàng", ("label",), starts=True)
        lights = union(self.light("Máy chủ"), self.light("Số dư"))
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
        self.keep("da-luu", [self.place("Mở báo cáo"), self.place("Danh sách mới")], [saved, self.place("Xuất Excel")], margin=17)
        window.click("Danh sách mới")
        until("the folder is not told any more", lambda: not any("Đã lưu" in t.name for t in window.things()))

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
        left_out = self.place("Bỏ 1 dòng sai, 1 dòng trùng", ("label",), where=lambda place: place[0] < form[2])
        left_out = (form[0], left_out[1], form[2], left_out[3] + 78)
        self.keep("dan-ma", [form, left_out])
        self.window.click("Bắt đầu")
        self.over()
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
        sheet = self.place("Nạp 4 số", ("label",), starts=True)
        self.keep("nap-da-mang", [kinds, amount, sheet])

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
        self.place("Hiện trình duyệt", patience=90)
        until("the browser is in front", lambda: not self.desktop.hand("getactivewindow", "getwindowname").startswith("GạchNợ"))
        time.sleep(0.5)
        self.album.keep("can-ban", self.desktop.grab())
        self.desktop.hand("windowactivate", "--sync", window.number)
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
        begin, leave = self.place("Bật tự động"), self.place("Thôi")
        box = self.place("Tự động", ("check box", "toggle button"))
        side = (0, box[1] - 10, 216, leave[3] + 10)
        self.keep("tu-dong", [begin], [side], margin=0)
        self.window.click("Thôi")

    def settings(self):
        window = self.window
        self.go("Cài đặt")
        window.click("Chẩn đoán")
        until("the doctor has said all", lambda: not any("Đang chẩn đoán" in t.name for t in window.things()), 180)
        self.keep("chan-doan", [self.place("Chẩn đoán")])


def locked(album, window):
    title = window.find("Cửa sổ đang khóa", patience=90).place()
    until("who", lambda: any(t.name in ("Ai đang làm?", "Nguyễn Thị Lan") for t in window.things()))
    unlock = next(t for t in window.things() if t.name == "Mở khóa").place()
    album.keep("khoa", window.picture(), [], [title, unlock], margin=130)


class Film:
    """Looks at the window again and again until it has ended, with the mouse drawn in."""

    WIDTH = 1080
    LENGTH_S = 30.0
    EVERY_S = 0.25

    def __init__(self, window):
        self.window, self.frames = window, []

    def look(self):
        left, top, right, bottom = self.window.box()
        # Without its lowest line: that names folders of the machine on which this is made.
        picture = self.window.desktop.grab().crop((left, top, right, bottom - 26))
        spot = self.window.hand("getmouselocation", "--shell").splitlines()
        x, y = (int(line.split("=")[1]) for line in spot[:2])
        arrow = [(0, 0), (0, 17), (4, 13), (7, 19), (10, 18), (7, 12), (12, 12)]
        draw = ImageDraw.Draw(picture)
        draw.polygon([(x + a, y + b) for a, b in arrow], fill=(20, 20, 20), outline=(255, 255, 255))
        height = round(picture.height * self.WIDTH / picture.width)
        return picture.resize((self.WIDTH, height), Image.LANCZOS)

    def shoot(self, seconds):
        """For so long."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            self.one()

    def until(self, what, asked, patience=120):
        """Asking takes longer than looking, so it is done now and then."""
        end = time.monotonic() + patience
        while not asked():
            if time.monotonic() > end:
                raise TooLate(what)
            self.shoot(1.0)

    def one(self):
        began = time.monotonic()
        picture = self.look()
        if not self.frames or self.frames[-1][0].tobytes() != picture.tobytes():
            self.frames.append((picture, began))
        time.sleep(max(0.0, self.EVERY_S - (time.monotonic() - began)))

    def timed(self):
        """Each picture with how long it is seen, in milliseconds; on a busy machine faster than it was."""
        ends = [at for _, at in self.frames[1:]] + [time.monotonic()]
        faster = min(1.0, self.LENGTH_S / (ends[-1] - self.frames[0][1]))
        return [(picture, round((end - at) * faster * 1000)) for (picture, at), end in zip(self.frames, ends)]

    def point_at(self, name, role=BUTTON, **how):
        """Takes the mouse there as a hand would, and clicks."""
        left, top, right, bottom = self.window.find(name, role, **how).place()
        to = ((left + right) // 2, (top + bottom) // 2)
        spot = self.window.hand("getmouselocation", "--shell").splitlines()
        x, y = (int(line.split("=")[1]) for line in spot[:2])
        for step in range(1, 5):
            self.window.hand("mousemove", x + (to[0] - x) * step // 4, y + (to[1] - y) * step // 4)
            self.one()
        time.sleep(0.2)
        self.window.hand("click", "1")


def moving_one(shop, desktop, path):
    """A batch in half a minute: fetched, begun, done, written to Excel."""
    adds, token = shop.token("bảng tính", "jobs:write"), shop.token("Quầy 2")
    bills = {f"PB15020{number:06}": 88_000 + number * 7_350 % 640_000 for number in range(31, 41)}
    shop.change_portal(accounts={code: {"debt": debt} for code, debt in bills.items()})
    rows = [{"code": code, "amount": debt} for code, debt in bills.items()]
    ask("POST", shop.server["url"] + "/api/jobs", {"service": "gach_dien_evn", "jobs": rows}, adds)
    home = shop.counter("quay-2", token, browser__keep_open_min=10)
    with opened(shop, desktop, home) as window:
        window.find("Get dữ liệu", patience=90)
        window.hears("Máy chủ: sẵn sàng")
        window.hears("Trình duyệt: sẵn sàng")
        go(window, EVN)
        window.hand("mousemove", 700, 420)
        film = Film(window)
        film.shoot(1.0)
        film.point_at("Get dữ liệu")
        film.until("the list is there", lambda: any("Sẵn sàng · 10" in t.name for t in window.things()))
        film.shoot(1.5)
        film.point_at("Bắt đầu")
        film.until("all is done", lambda: any(t.name.startswith("Xong · ") for t in window.things()))
        film.shoot(2.0)
        film.point_at("Xuất Excel")
        film.until("it is written", lambda: any(t.name == "Mở báo cáo" for t in window.things()))
        film.shoot(2.5)
        frames = film.timed()
    moving(frames, path, 1_500_000)
    seconds = sum(duration for _, duration in frames) / 1000
    print(f"  {path.name}  {len(frames)} pictures, {seconds:.0f} s, {path.stat().st_size} bytes", flush=True)
