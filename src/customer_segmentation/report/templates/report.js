// Values under the pointer and a filter of segments. Without it the page reads the same: titles stay the browser's.
(function () {
  "use strict";
  var separator = "\u241e", tip = document.createElement("div");
  tip.className = "tip";
  tip.hidden = true;
  tip.setAttribute("role", "status");
  document.body.appendChild(tip);
  document.querySelectorAll("[data-tips] > title").forEach(function (title) { title.remove(); });
  document.addEventListener("pointermove", function (event) {
    var owner = event.target.closest && event.target.closest("[data-tips]");
    if (!owner) { tip.hidden = true; return; }
    var texts = owner.getAttribute("data-tips").split(separator), at = 0;
    if (texts.length > 1) {
      var mark = event.target.closest("use");
      if (!mark) { tip.hidden = true; return; }
      at = Array.prototype.indexOf.call(owner.querySelectorAll("use"), mark);
    }
    tip.textContent = texts[at] || texts[0];
    tip.hidden = false;
    tip.style.left = Math.min(event.clientX + 14, window.innerWidth - tip.offsetWidth - 8) + "px";
    tip.style.top = Math.min(event.clientY + 14, window.innerHeight - tip.offsetHeight - 8) + "px";
  });
  var tiles = document.querySelectorAll(".tile"), section = document.querySelector("#segments h2");
  if (tiles.length < 2 || !section) { return; }
  var row = document.createElement("div"), buttons = [];
  row.className = "filter";
  row.setAttribute("role", "group");
  row.setAttribute("aria-label", "Show one segment");
  function choose(segment) {
    document.querySelectorAll("[data-segment]").forEach(function (part) {
      part.classList.toggle("faded", segment !== null && part.getAttribute("data-segment") !== segment);
    });
    buttons.forEach(function (button) {
      button.setAttribute("aria-pressed", String(button.value === (segment === null ? "" : segment)));
    });
  }
  function add(words, value, colour) {
    var button = document.createElement("button");
    button.type = "button";
    button.textContent = words;
    button.value = value;
    if (colour) { button.style.setProperty("--own", colour); }
    button.addEventListener("click", function () { choose(value === "" ? null : value); });
    buttons.push(button);
    row.appendChild(button);
  }
  add("All segments", "", "");
  tiles.forEach(function (tile, at) {
    add(tile.querySelector(".name").textContent.trim(), String(at), tile.style.getPropertyValue("--own"));
  });
  section.insertAdjacentElement("afterend", row);
  choose(null);
})();
