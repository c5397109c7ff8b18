// What the page does beyond what it shows: copying, the countdown, and turning green by itself.
"use strict";
(function () {
  var ends = ["paid", "cancelled", "expired", "failed", "refunded"];
  var main = function () { return document.querySelector("main"); };
  var source = null;
  var timer = null;

  // The same page again, and its middle in the place of ours.
  var renew = function () {
    return fetch(window.location.href, { headers: { Accept: "text/html" }, credentials: "same-origin" }).then(function (answer) {
      if (!answer.ok) { return; }
      return answer.text().then(function (text) {
        var fresh = new DOMParser().parseFromString(text, "text/html").querySelector("main");
        if (!fresh) { return; }
        var typed = document.activeElement && document.activeElement.matches("input");
        if (typed && fresh.dataset.state === main().dataset.state) { return; }
        main().replaceWith(fresh);
        begin();
      });
    }).catch(function () {});
  };

  var told = function (data) {
    if (data.state !== main().dataset.state || String(data.received) !== main().dataset.received) { renew(); }
  };

  // Every six seconds where the server's own word does not get through.
  var poll = function () {
    window.clearTimeout(timer);
    if (document.hidden || ends.indexOf(main().dataset.state) >= 0 || !main().dataset.refresh) { return; }
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
    if (!address || document.hidden || ends.indexOf(main().dataset.state) >= 0) { return; }
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
    document.querySelectorAll("[data-until]").forEach(function (place) {
      var left = Math.floor((Number(place.dataset.until) - Date.now()) / 1000);
      if (left > 0 && left < 86400) {
        var hours = Math.floor(left / 3600);
        place.textContent = (hours ? hours + ":" : "") + two(Math.floor(left / 60) % 60) + ":" + two(left % 60);
      }
      document.querySelectorAll("[data-over]").forEach(function (over) { over.hidden = left > 0; });
    });
  };

  var begin = function () {
    // A bank's app takes the QR as a picture, where the phone can hand one over.
    document.querySelectorAll("[data-share]").forEach(function (button) {
      if (!navigator.canShare || !window.File) { return; }
      fetch(button.dataset.share, { credentials: "same-origin" }).then(function (answer) { return answer.blob(); }).then(function (picture) {
        var files = { files: [new File([picture], "qr.png", { type: "image/png" })] };
        if (!navigator.canShare(files)) { return; }
        button.hidden = false;
        button.addEventListener("click", function () { navigator.share(files).catch(function () {}); });
      }).catch(function () {});
    });
    count();
    listen();
  };

  document.addEventListener("click", function (event) {
    var button = event.target.closest("[data-copy]");
    if (!button) { return; }
    var done = function () {
      var before = button.dataset.label || button.textContent;
      button.dataset.label = before;
      button.textContent = button.dataset.done;
      window.setTimeout(function () { button.textContent = before; }, 1500);
    };
    // A page that is not encrypted has no clipboard of its own.
    var byHand = function () {
      var field = document.createElement("textarea");
      field.value = button.dataset.copy;
      document.body.appendChild(field);
      field.select();
      document.execCommand("copy");
      field.remove();
      done();
    };
    if (navigator.clipboard) { navigator.clipboard.writeText(button.dataset.copy).then(done, byHand); } else { byHand(); }
  });
  document.addEventListener("visibilitychange", function () { if (!document.hidden) { renew(); } listen(); });
  window.addEventListener("pageshow", function (event) { if (event.persisted) { renew(); } });
  window.setInterval(count, 1000);
  begin();
})();
