// What the desk does beyond what it shows: the running sum, sending once, turning by itself, printing, sharing, and saying
// where something is from before the network went. Every page works without it.
"use strict";
(function () {
  var ends = ["paid", "cancelled", "expired", "failed", "void"];
  var main = function () { return document.querySelector("main"); };
  var each = function (css, work) { document.querySelectorAll(css).forEach(work); };

  var money = function (number) { return String(number).replace(/\B(?=(\d{3})+$)/g, ".") + " đ"; };
  var sum = function () {
    var total = 0;
    var count = 0;
    each("input[name=items]:checked", function (tick) { total += Number(tick.dataset.amount); count += 1; });
    each("[data-total]", function (place) { place.textContent = money(total); });
    each("[data-count]", function (place) { place.textContent = "Đã chọn " + count; });
  };

  // The number that goes with the ways, as long as nobody has typed another.
  var phone = function () {
    var field = document.querySelector("input[name=phone]");
    if (field.value !== field.dataset.alone && field.value !== field.dataset.all) { return; }
    field.value = document.querySelector("input[name=sms]:checked, input[name=zns]:checked") ? field.dataset.all : field.dataset.alone;
  };

  // Said where it is seen at once; what the server says is never touched.
  var say = function (text) {
    var place = document.querySelector("[data-said]");
    if (!place) {
      place = document.createElement("p");
      place.className = "error";
      place.dataset.said = "1";
      place.setAttribute("role", "alert");
      main().prepend(place);
    }
    place.textContent = text;
    place.scrollIntoView({ block: "nearest" });
  };

  document.addEventListener("change", function (event) {
    if (event.target.matches("input[name=items]")) { sum(); }
    if (event.target.matches("input[name=sms], input[name=zns]")) { phone(); }
    if (event.target.matches("[data-submits]")) { event.target.form.requestSubmit(); }
  });

  // A form is sent once, and not at all where there is no network.
  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") { return; }
    if (form.dataset.sent || document.body.dataset.stale) { event.preventDefault(); return; }
    if (navigator.onLine === false) {
      event.preventDefault();
      say("Không có mạng: chưa gửi gì cả. Bấm lại khi có mạng.");
      return;
    }
    form.dataset.sent = "1";
    var button = event.submitter;
    if (button) {
      window.setTimeout(function () {
        button.dataset.label = button.textContent;
        button.textContent = "Đang gửi…";
        button.disabled = true;
      }, 0);
    }
  });
  var again = function () {
    each("form[data-sent]", function (form) { delete form.dataset.sent; });
    each("button[data-label]", function (button) { button.disabled = false; button.textContent = button.dataset.label; delete button.dataset.label; });
  };

  // A payment's page turns by itself: told by the server, else by asking every six seconds.
  var source = null;
  var timer = null;
  var is_over = function () { return document.hidden || ends.indexOf(main().dataset.state) >= 0; };
  var renew = function () {
    return fetch(window.location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok || answer.redirected) { return null; }
      return answer.text().then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
        var typed = document.activeElement && document.activeElement.matches("main input");
        if (!fresh || (typed && fresh.dataset.state === main().dataset.state)) { return; }
        main().replaceWith(fresh);
        begin();
      });
    }).catch(function () {});
  };
  var told = function (data) { if (data.state !== main().dataset.state) { renew(); } };
  var poll = function () {
    window.clearTimeout(timer);
    if (is_over() || !main().dataset.refresh) { return; }
    timer = window.setTimeout(function () {
      fetch(main().dataset.refresh, { headers: { Accept: "application/json" }, credentials: "same-origin" })
        .then(function (answer) { return answer.ok ? answer.json() : null; })
        .then(function (data) { if (data) { told(data); } })
        .catch(function () {})
        .then(poll);
    }, 6000);
  };
  var listen = function () {
    if (source) { source.close(); source = null; }
    var address = main().dataset.events;
    if (!address || is_over()) { return; }
    if (!window.EventSource) { poll(); return; }
    source = new EventSource(address);
    source.addEventListener("state", function (event) {
      window.clearTimeout(timer);
      try { told(JSON.parse(event.data)); } catch (error) { poll(); }
    });
    source.onerror = poll;
  };

  var two = function (number) { return (number < 10 ? "0" : "") + number; };
  var count = function () {
    each("[data-until]", function (place) {
      var left = Math.floor((Number(place.dataset.until) - Date.now()) / 1000);
      if (left > 0 && left < 86400) { place.textContent = two(Math.floor(left / 60)) + ":" + two(left % 60); }
    });
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-print], [data-share]");
    if (!button) { return; }
    if (button.matches("[data-print]")) { window.print(); return; }
    navigator.share({ title: button.dataset.title, url: button.dataset.share }).catch(function () {});
  });

  // What was loaded before the network went: it can be read, and nothing can be sent from it.
  var stale = function () {
    var at = document.body.dataset.stale;
    if (!at) { return; }
    var said = document.createElement("p");
    said.className = "stale";
    said.setAttribute("role", "status");
    said.textContent = "Không có mạng. Đây là bản đã tải lúc " + at + ", chỉ để xem.";
    main().before(said);
    each("form[method=post] button, button[form]", function (button) { button.disabled = true; });
  };

  // Another person at this phone reads nothing of the one before.
  var KEPT = "desk-pages";
  var forget = function () { return window.caches ? caches.delete(KEPT) : Promise.resolve(); };
  var whose = function () {
    var who = document.body.dataset.who;
    if (!who) { return; }
    try {
      if (localStorage.getItem("desk-who") !== who) { forget(); localStorage.setItem("desk-who", who); }
    } catch (error) { forget(); }
  };
  document.addEventListener("submit", function (event) {
    if (event.target.matches("form[action='/admin/sign-out']")) { forget(); }
  }, true);

  var begin = function () {
    each("[data-print]", function (button) { button.hidden = false; });
    each("[data-share]", function (button) { button.hidden = !navigator.share; });
    sum();
    count();
    listen();
  };

  document.addEventListener("visibilitychange", function () { if (!document.hidden && main().dataset.events) { renew(); } listen(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { again(); if (main().dataset.events) { renew(); } } });
  window.addEventListener("online", function () { if (document.body.dataset.stale) { window.location.reload(); } });
  window.setInterval(count, 1000);
  whose();
  stale();
  begin();
  if ("serviceWorker" in navigator && document.body.dataset.who) { navigator.serviceWorker.register("/desk/sw.js", { scope: "/desk" }).catch(function () {}); }
})();
