"""The web admin, from the first sign-in to a decided doubt, and the collector's desk on a phone."""

import csv
import shutil

from PIL import Image

from shop import BILLS, OWNER_PASSWORD, TOP_UPS, ask
from web import Page


def signed_in(shop, page):
    page.open(shop.server["url"] + "/admin")
    page.enter("input[name=username]", shop.owner[0])
    page.enter("input[name=password]", shop.owner[1])
    page.click("button", "Đăng nhập")
    page.find("h1")


def browser(shop, folder, name, **how):
    profile = folder / name
    return Page(profile, binary=shutil.which("chromium"), **how)


def jobs_file(folder, day):
    """A list as a shop has it in Excel; one row of it is wrong."""
    file = folder / f"Việc ngày {day:%d-%m}.csv"
    with open(file, "w", newline="", encoding="utf-8-sig") as out:
        rows = csv.writer(out)
        rows.writerow(["Dịch vụ", "Mã", "Số tiền", "Ghi chú"])
        for code, debt in BILLS.items():
            rows.writerow(["Gạch điện EVN", code, debt, "Kỳ 11"])
        for number in TOP_UPS:
            rows.writerow(["Nạp tiền Viettel", number, 50_000, ""])
        rows.writerow(["Nạp tiền Viettel", "09812", 50_000, "thiếu số"])
    return file


def before(shop, album, folder, day):
    """What an owner does first."""
    url = shop.server["url"]
    with browser(shop, folder, "chromium") as page:
        page.open(url + "/admin")
        page.enter("input[name=username]", shop.owner[0])
        page.enter("input[name=password]", shop.owner[1])
        card = page.place(".gate")
        album.keep("web-dang-nhap", page.picture(), [page.place("button.main")], [card])
        page.click("button.main")
        page.enter("input[name=password]", OWNER_PASSWORD)
        page.enter("input[name=again]", OWNER_PASSWORD)
        card = page.place(".gate")
        album.keep("web-mat-khau-moi", page.picture(), [page.place("button.main")], [card])
        page.click("button.main")
        shop.owner = (shop.owner[0], OWNER_PASSWORD)
        page.find("h1", "Tổng quan")
        album.keep("web-tong-quan-moi", page.picture(), [page.place("ol.steps")], margin=0)

        page.open(url + "/admin/machines")
        page.enter("input[name=name]", "Quầy 1")
        page.grow()
        album.keep("web-may", page.picture(), [page.place("input[name=name]"), page.place("form.card button.main")],
                   [page.place("main")])
        page.click("form.card button.main")
        token = page.find("p.secret")
        shop.counter_token = page.script("return arguments[0].innerText", token).strip()
        album.keep("web-ma-may", page.picture(), [page.place("p.secret")], [page.place("main section.card")])

        page.open(url + "/admin/people")
        page.enter("input[name=username]", "lan")
        page.enter("form.card input[name=name]", "Nguyễn Thị Lan")
        page.choose("select[name=role]", "Nhân viên gạch nợ")
        album.keep("web-tai-khoan", page.picture(), [page.place("form.card button.main")], [page.place("main")])
        page.click("form.card button.main")
        page.find("p.secret")
        album.keep("web-tai-khoan-moi", page.picture(), [page.place("p.secret")], [page.place("main section.card")])

        page.open(url + "/admin/import")
        page.attach("input[name=file]", jobs_file(folder, day))
        album.keep("web-nhap-tep", page.picture(),
                   [page.place("input[name=file]"), page.place("form.card button.main")], [page.place("main")])
        page.click("form.card button.main")
        page.find("button", "Nhập 12 dòng")
        page.grow()
        album.keep("web-xem-truoc", page.picture(), [page.place("button.main")], [page.place("main")])
        page.click("button.main")
        page.find("button", "Hoàn tác")
        album.keep("web-da-nhap", page.picture(), [page.place("button.bad")], [page.place("main section.card")])


def after(shop, album, folder):
    """What an owner sees of the day, and what a collector sees of a customer."""
    url = shop.server["url"]
    with browser(shop, folder, "chromium-2") as page:
        signed_in(shop, page)
        page.find("h1", "Tổng quan")
        album.keep("web-tong-quan", page.picture(), [page.place("p.sentence a")], margin=0)
        page.open(url + "/admin/review")
        album.keep("web-can-xem", page.picture(), [page.place("td a")], [page.place("main")])
        page.click("td a")
        page.enter("textarea[name=reason]", "Đã xem lịch sử giao dịch trên cổng lúc 10:40")
        page.grow()
        card = page.place("section.card", "Kết luận")
        album.keep("web-ket-luan", page.picture(), [page.place("button[value=paid]"),
                   page.place("button[value=not_paid]"), page.place("button[value=dropped]")], [card])
        page.open(url + "/admin/t/limits/new")
        page.grow()
        album.keep("web-han-muc", page.picture(), [], [page.place("main")], margin=0)
    collect(shop, album, folder)


def collect(shop, album, folder):
    """At a customer's door, on a phone."""
    url, home = shop.server["url"], shop.home("server")
    password = "chợ nổi buổi sớm"
    shop.run(home, "store", "person", "hoa", "--role", "collector", "--name", "Lê Thị Hoa", "--kind", "thu_cuoc",
             "--cash-limit", "5000000", "--password-stdin", given=password)
    token = shop.token("hợp đồng", "collection:write")
    bill = {"number": "EVN-11", "from": "2026-11-01", "to": "2026-11-30", "issued": "2026-11-20", "amount": 215_000,
            "content": "Tiền điện tháng 11"}
    internet = {**bill, "number": "NET-11", "amount": 242_000, "content": "Cước Internet tháng 11"}
    people = [("CTO000001", "Nguyễn Thị Hạnh", "12 Lê Lợi, Ninh Kiều, Cần Thơ", [bill, internet]),
              ("CTO000002", "Trần Văn Dũng", "45/3 Trần Hưng Đạo, Cần Thơ", [internet]),
              ("CTO000003", "Quán cà phê Gió", "8 Hai Bà Trưng, Cần Thơ", [bill])]
    contracts = [{"number": number, "customer_name": name, "address": address, "type": "binh_thuong", "bills": bills,
                  "phones": [{"number": "0901234567", "main": True}]} for number, name, address, bills in people]
    ask("POST", url + "/api/contracts", contracts, token)
    with browser(shop, folder, "chromium-3", width=390, height=780, phone=True) as page:
        page.open(url + "/desk")
        page.enter("input[name=username]", "hoa")
        page.enter("input[name=password]", password)
        page.click("button", "Đăng nhập")
        page.find("ul.list")
        album.keep("thu-hom-nay", half(page.picture()))
        page.click("ul.list a")
        page.find("button", "Thanh toán")
        album.keep("thu-hop-dong", half(page.picture()))
        page.click("button", "Thanh toán")
        page.find("[data-receipt]")
        album.keep("thu-phieu", half(page.picture()))


def half(picture):
    """A phone's picture, as large as it is held."""
    return picture.resize((picture.width // 2, picture.height // 2), Image.LANCZOS)
