// Run by pages.py beside the frames that show a report: everything on it that sticks out, is cut off or is empty.
function look(doc, width) {
  const found = [];
  const say = (what, node) => found.push(what + ": <" + node.tagName.toLowerCase() + "." + (node.getAttribute("class") || "") + "> "
    + (node.textContent || "").trim().slice(0, 60));
  if (doc.documentElement.scrollWidth > width) { found.push("page is " + doc.documentElement.scrollWidth + " wide"); }
  doc.querySelectorAll("details").forEach(item => { item.open = true; });
  doc.querySelectorAll("body *").forEach(node => {
    if (node.closest("svg, script, style") || !node.getClientRects().length) { return; }
    const box = node.getBoundingClientRect(), scrolls = node.closest(".scroll, .frame");
    if (!scrolls && box.right > width + 1) { say("sticks out by " + Math.round(box.right - width), node); }
    const style = doc.defaultView.getComputedStyle(node);
    const clips = style.overflowX !== "visible" && !node.matches(".scroll, .frame");
    if (clips && node.scrollWidth > node.clientWidth + 1) { say("cut off", node); }
    if (node.matches("td, th, .fact b, .name, .title, h1, h2, h3") && node.scrollWidth > node.clientWidth + 1
        && style.display !== "inline") { say("text wider than its box", node); }
    if (node.matches(".part, .card, .chart, .table, figure, section, .tile, .beside, .gallery") && !node.textContent.trim()
        && !node.querySelector("svg, img")) { say("empty", node); }
    if (node.matches("table") && !node.querySelector("tbody tr")) { say("table without rows", node); }
    if (node.matches("p, li, .fact b") && !node.textContent.trim()) { say("empty text", node); }
  });
  doc.querySelectorAll("img").forEach(node => { if (!node.naturalWidth) { say("broken image", node); } });
  doc.querySelectorAll("svg").forEach(svg => {
    const own = svg.getBoundingClientRect();
    if (!svg.querySelector("path, use, rect, circle")) { say("empty figure", svg); }
    svg.querySelectorAll("text").forEach(node => {
      const box = node.getBoundingClientRect();
      if (box.width && (box.right > own.right + 2 || box.left < own.left - 2 || box.bottom > own.bottom + 2)) { say("outside its figure", node); }
    });
  });
  const copy = doc.body.cloneNode(true);
  copy.querySelectorAll("script, style, code, pre").forEach(node => node.remove());
  return {found: found, text: Array.from(copy.querySelectorAll("p, li, td, th, b, small, h1, h2, h3, h4, text, figcaption, .title, .name"))
    .map(node => node.textContent.trim())};
}
window.addEventListener("load", () => setTimeout(() => {
  const told = Array.from(document.querySelectorAll("iframe")).map(frame => look(frame.contentDocument, frame.clientWidth));
  document.open(); document.write("<pre id='told'></pre>"); document.close();
  document.getElementById("told").textContent = JSON.stringify(told);
}, 1500));
