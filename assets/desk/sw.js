// Keeps what a collector has opened readable without network. It answers nothing that was not on this screen before, and
// never says that something was sent.
"use strict";
var PAGES = "desk-pages";
var FILES = "desk-files";
var PAGES_MAX = 80;
var PATIENCE_MS = 10000;

self.addEventListener("install", function () { self.skipWaiting(); });
self.addEventListener("activate", function (event) { event.waitUntil(self.clients.claim()); });

var page = function (title, text, link) {
  var html = "<!doctype html><html lang=\"vi\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"><title>" +
    title + "</title><link rel=\"stylesheet\" href=\"/desk/assets/desk.css\"></head><body><main data-state=\"offline\"><h1>" + title +
    "</h1><p class=\"warn\" role=\"alert\">" + text + "</p><p><a class=\"button wide\" href=\"" + link + "\">Về trang trước</a></p></main></body></html>";
  return new Response(html, { status: 503, headers: { "Content-Type": "text/html; charset=utf-8" } });
};

var two = function (number) { return (number < 10 ? "0" : "") + number; };
var now = function () {
  var at = new Date();
  return two(at.getHours()) + ":" + two(at.getMinutes()) + " ngày " + two(at.getDate()) + "/" + two(at.getMonth() + 1);
};

var keep = function (request, answer) {
  return answer.text().then(function (text) {
    var kept = new Response(text, { headers: { "Content-Type": "text/html; charset=utf-8", "X-Kept-At": encodeURIComponent(now()) } });
    return caches.open(PAGES).then(function (cache) {
      return cache.put(request.url, kept).then(function () { return cache.keys(); }).then(function (keys) {
        return Promise.all(keys.slice(0, Math.max(0, keys.length - PAGES_MAX)).map(function (key) { return cache.delete(key); }));
      });
    });
  });
};

var kept = function (request) {
  return caches.open(PAGES).then(function (cache) { return cache.match(request.url); }).then(function (found) {
    if (!found) { return page("Không có mạng", "Trang này chưa mở lần nào trên máy này. Mở lại khi có mạng.", "/desk"); }
    return found.text().then(function (text) {
      var at = decodeURIComponent(found.headers.get("X-Kept-At") || "");
      var marked = text.replace("<body", "<body data-stale=\"" + at.replace(/[^0-9a-zà-ỹ:/ ]/g, "") + "\"");
      return new Response(marked, { headers: { "Content-Type": "text/html; charset=utf-8" } });
    });
  });
};

// The network, and after a while without an answer what was kept.
var read = function (event) {
  var late = new Promise(function (resolve, reject) { setTimeout(reject, PATIENCE_MS); });
  var asked = fetch(event.request).then(function (answer) {
    // Who is led away has signed out: nothing of theirs stays here.
    if (answer.type === "opaqueredirect" || answer.status === 401) { event.waitUntil(caches.delete(PAGES)); return answer; }
    if (answer.ok && (answer.headers.get("Content-Type") || "").indexOf("text/html") === 0) { event.waitUntil(keep(event.request, answer.clone())); }
    return answer;
  });
  return Promise.race([asked, late]).catch(function () { return kept(event.request); });
};

var send = function (request) {
  return fetch(request).catch(function () {
    return page("Chưa biết đã gửi được chưa",
      "Mất mạng khi đang gửi. Chưa có gì được coi là đã thu. Đừng thu lại ngay: khi có mạng, mở lại hợp đồng để xem.", "/desk");
  });
};

var file = function (request) {
  return caches.open(FILES).then(function (cache) {
    return cache.match(request).then(function (found) {
      return found || fetch(request).then(function (answer) {
        if (answer.ok) { cache.put(request, answer.clone()); }
        return answer;
      }).catch(function (error) {
        return cache.match(request, { ignoreSearch: true }).then(function (old) { if (old) { return old; } throw error; });
      });
    });
  });
};

self.addEventListener("fetch", function (event) {
  var request = event.request;
  var path = new URL(request.url).pathname;
  if (path.indexOf("/desk/assets/") === 0) { event.respondWith(file(request)); return; }
  if (request.mode !== "navigate" || path.indexOf("/desk/manage") === 0 || path.slice(-4) === ".pdf") { return; }
  if (request.method === "GET") { event.respondWith(read(event)); } else { event.respondWith(send(request)); }
});
