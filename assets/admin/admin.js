// What htmx does not do: ticking rows, asking before what cannot be taken back, choosing a related row, the way back to a list.
"use strict";
var boxes = function (also) { return Array.from(document.querySelectorAll("input[name=id]" + (also || ""))); };
var tell = function () {
  var whole = document.querySelector("[data-whole]:checked");
  var count = whole ? whole.dataset.whole : boxes(":checked").length;
  document.querySelectorAll("[data-ticked]").forEach(function (place) { place.textContent = String(count); });
};
var last = null;
// Cells as they were before a form took their place, by the form's address.
var cells = new Map();
var leave = function (form) {
  var kept = cells.get(form.getAttribute("action"));
  if (!kept) { return; }
  form.closest("td").replaceWith(kept);
  window.htmx.process(kept);
  kept.querySelector(".edit").focus();
};
// The guide's page for this place, as F1 does everywhere.
document.addEventListener("keydown", function (event) {
  var help = document.querySelector("a.help");
  if (event.key === "F1" && help) { event.preventDefault(); help.click(); }
});
document.addEventListener("change", function (event) {
  if (event.target.matches("[data-tick-all]")) {
    boxes().forEach(function (box) { box.checked = event.target.checked; });
  }
  if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit(); }
  if (event.target.matches("input[name=id], [data-tick-all], [data-whole]")) { tell(); }
});
document.addEventListener("submit", function (event) {
  var asks = event.submitter && event.submitter.dataset.ask || event.target.dataset.ask;
  if (!asks) { return; }
  var ticked = document.querySelector("[data-ticked]");
  if (ticked) { asks = asks.replace("{n}", ticked.textContent); }
  if (!window.confirm(asks)) { event.preventDefault(); return; }
  // The server asks once more whom nobody has asked.
  var sure = document.createElement("input");
  sure.type = "hidden";
  sure.name = "sure";
  sure.value = "1";
  event.target.appendChild(sure);
});
document.addEventListener("click", function (event) {
  // Shift ticks all rows since the last one.
  if (event.target.matches("input[name=id]")) {
    var all = boxes();
    var from = all.indexOf(last);
    var to = all.indexOf(event.target);
    if (event.shiftKey && from >= 0) {
      all.slice(Math.min(from, to), Math.max(from, to) + 1).forEach(function (box) { box.checked = event.target.checked; });
      tell();
    }
    last = event.target;
  }
  if (event.target.closest("[data-leave]")) { leave(event.target.form); }
  if (event.target.closest("[data-untick]")) {
    boxes().forEach(function (box) { box.checked = false; });
    document.querySelectorAll("[data-tick-all], [data-whole]").forEach(function (box) { box.checked = false; });
    tell();
  }
  var copies = event.target.closest("[data-copy]");
  if (copies && navigator.clipboard) {
    navigator.clipboard.writeText(copies.dataset.copy).then(function () { copies.textContent = "Đã chép"; });
  }
  var choice = event.target.closest("[data-choose]");
  if (choice) {
    var pick = choice.closest(".pick");
    pick.querySelector("input[type=hidden]").value = choice.dataset.choose;
    pick.querySelector("input[type=search]").value = choice.textContent.trim();
    pick.querySelector(".found").replaceChildren();
  }
});
document.addEventListener("input", function (event) {
  // An emptied search means no related row.
  if (event.target.matches(".pick input[type=search]") && event.target.value === "") {
    event.target.closest(".pick").querySelector("input[type=hidden]").value = "";
  }
});
document.addEventListener("keydown", function (event) {
  var form = event.key === "Escape" && event.target.closest(".cell-form");
  if (form) { leave(form); }
  if (event.key === "/" && !event.target.matches("input, textarea, select")) {
    var search = document.querySelector("input[type=search][name=q]");
    if (search) { search.focus(); event.preventDefault(); }
  }
});
// Refusals of a part of a page stand where the part would.
document.addEventListener("htmx:beforeSwap", function (event) {
  var edit = event.detail.target.querySelector && event.detail.target.querySelector(":scope > .edit");
  if (edit) {
    cells.set(edit.getAttribute("hx-get"), event.detail.target.cloneNode(true));
  }
  var status = event.detail.xhr.status;
  if (status === 409 || status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
// From a row back to the list as it was left: its filters, sorting and place.
document.querySelectorAll("[data-list]").forEach(function (list) {
  sessionStorage.setItem("list." + list.dataset.list, window.location.search);
});
document.querySelectorAll("a[data-back]").forEach(function (link) {
  var query = new URLSearchParams(sessionStorage.getItem("list." + link.dataset.back) || "");
  ["done", "did", "left"].forEach(function (name) { query.delete(name); });
  if (query.size > 0) { link.search = "?" + query.toString(); }
});
// A browser that goes back keeps the ticks.
window.addEventListener("pageshow", tell);
