// Answers from the tables of this very page; without it, each commune opens its own table below.
"use strict";
(() => {
  const form = document.getElementById("x-formulaire");
  const communes = [...document.querySelectorAll("#x-tout details")];
  if (!communes.length) return;
  const [wish, type, kind] = ["x-commune", "x-typologie", "x-categorie"].map((id) => document.getElementById(id));
  const answer = document.getElementById("x-reponse");
  const plain = (t) => t.normalize("NFD").replace(/[\u0300-\u036f]/g, "").toLowerCase().trim();
  const label = (d) => d.dataset.nom + " (" + d.dataset.code + ")";
  const byName = new Map();
  const list = document.getElementById("x-communes");
  for (const d of communes) {
    const option = document.createElement("option");
    option.value = label(d);
    list.append(option);
    byName.set(plain(label(d)), d);
    byName.set(d.dataset.code, d);
    const name = plain(d.dataset.nom);
    byName.set(name, byName.has(name) ? null : d);
  }
  const fill = (select, pairs) => {
    const chosen = select.value;
    select.replaceChildren(...pairs.map(([value, text]) => new Option(text, value)));
    if (pairs.some(([value]) => value === chosen)) select.value = chosen;
  };
  const TYPES = [["ensemble", "Toutes"], ["C", "Chambre"], ["T1", "T1"], ["T2", "T2"], ["T3", "T3"], ["T4", "T4"], ["T5", "T5"], ["T6P", "T6 et plus"]];
  const KINDS = [["ensemble", "Appartement ou maison"], ["collectif", "Appartement"], ["individuel", "Maison"]];
  fill(type, TYPES);
  fill(kind, KINDS);
  const item = (name, value) => {
    const box = document.createElement("div");
    const dt = document.createElement("dt");
    const dd = document.createElement("dd");
    const strong = document.createElement("strong");
    dt.textContent = name;
    strong.textContent = value;
    dd.append(strong);
    box.append(dt, dd);
    return box;
  };
  const text = (tag, words, className) => {
    const node = document.createElement(tag);
    node.textContent = words;
    if (className) node.className = className;
    return node;
  };
  const show = () => {
    const commune = byName.get(plain(wish.value));
    answer.replaceChildren();
    if (!commune) {
      if (wish.value.trim()) answer.append(text("p", commune === null ? "Plusieurs communes portent ce nom\u00a0: choisissez avec le code." : "Aucune commune de ce nom dans le périmètre.", "absence"));
      return;
    }
    const row = commune.querySelector('tr[data-t="' + type.value + '"][data-c="' + kind.value + '"]');
    const words = [label(commune), type.selectedOptions[0].text.toLowerCase() === "toutes" ? "toutes typologies" : type.selectedOptions[0].text, kind.selectedOptions[0].text.toLowerCase()];
    answer.append(text("h2", words.join(", ")));
    if (!row) {
      answer.append(text("p", "Ni logement, ni demande, ni bail de cette sorte dans cette commune.", "absence"));
      return;
    }
    const cell = (i) => row.cells[i].textContent;
    const months = (i) => (cell(i) === "n.d." ? "n.d." : cell(i) + "\u00a0mois");
    const keys = document.createElement("dl");
    keys.className = "cles";
    keys.append(item("logements", cell(2)), item("demandes semblables", cell(3)), item("baux signés en " + form.dataset.annee, cell(4)), item("demandes pour une attribution", cell(5)), item("d'attente moyenne", months(6)), item("d'attente médiane", months(7)));
    answer.append(keys);
    const n = Number(row.dataset.n);
    let honest = "Ces délais reposent sur " + n.toLocaleString("fr") + " baux\u00a0; ceux qui attendent encore n'y sont pas.";
    if (n === 0) honest = "Aucun bail au délai connu\u00a0: rien ne permet de dire ici combien de temps on attend.";
    else if (n < Number(form.dataset.peu)) honest = "Ces délais reposent sur " + n + (n > 1 ? " baux" : " bail") + " seulement\u00a0: ils disent peu de ce qu'un nouveau demandeur attendra.";
    if (row.dataset.a) honest += " À l'échelle de l'EPCI (" + commune.dataset.epci + "), le délai médian est de " + row.dataset.a + ".";
    answer.append(text("p", honest, "note"));
  };
  for (const field of [wish, type, kind]) field.addEventListener("input", show);
  form.addEventListener("submit", (e) => { e.preventDefault(); show(); });
  form.hidden = false;
})();
