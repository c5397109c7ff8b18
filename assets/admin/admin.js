// What htmx does not do: ticking all rows, asking before what cannot be taken back, choosing a related row.
"use strict";
document.addEventListener("change", function (event) {
  if (event.target.matches("[data-tick-all]")) {
    document.querySelectorAll("input[name=id]").forEach(function (box) { box.checked = event.target.checked; });
  }
  if (event.target.matches("[data-submit]")) { event.target.form.requestSubmit(); }
  if (event.target.matches("input[name=id], [data-tick-all]")) {
    var count = document.querySelectorAll("input[name=id]:checked").length;
    document.querySelectorAll("[data-ticked]").forEach(function (place) { place.textContent = String(count); });
  }
});
document.addEventListener("submit", function (event) {
  var asks = event.submitter && event.submitter.dataset.ask || event.target.dataset.ask;
  if (asks && !window.confirm(asks)) { event.preventDefault(); }
});
document.addEventListener("click", function (event) {
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
  if (event.key === "/" && !event.target.matches("input, textarea, select")) {
    var search = document.querySelector("input[type=search][name=q]");
    if (search) { search.focus(); event.preventDefault(); }
  }
});
// Refusals of a part of a page stand where the part would.
document.addEventListener("htmx:beforeSwap", function (event) {
  var status = event.detail.xhr.status;
  if (status === 409 || status === 422) { event.detail.shouldSwap = true; event.detail.isError = false; }
});
