// Filters a list as one types: accents and case do not count. Without it, the whole list stays.
"use strict";
for (const zone of document.querySelectorAll(".recherche")) {
  const plain = (t) => t.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase();
  const items = [...document.getElementById(zone.dataset.liste).children];
  const keys = items.map((i) => plain(i.dataset.cle || ""));
  const said = zone.querySelector("[role=status]");
  zone.hidden = false;
  zone.querySelector("input").addEventListener("input", (e) => {
    const words = plain(e.target.value).split(/\s+/).filter(Boolean);
    let shown = 0;
    items.forEach((item, i) => {
      item.hidden = !words.every((w) => keys[i].includes(w));
      if (!item.hidden) shown += 1;
    });
    said.textContent = words.length ? (shown > 1 ? shown + " résultats" : shown === 1 ? "1 résultat" : "Aucun résultat") : "";
  });
}
