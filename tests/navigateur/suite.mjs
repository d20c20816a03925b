// What a browser sees of the site of the demonstration. SITE is its results folder; CHROMIUM the browser's path.
import assert from "node:assert/strict";
import { createReadStream, existsSync, readdirSync, readFileSync } from "node:fs";
import { createServer } from "node:http";
import { createRequire } from "node:module";
import { extname, join, resolve } from "node:path";
import { after, before, test } from "node:test";
import { pathToFileURL } from "node:url";
import puppeteer from "puppeteer-core";

const SITE = resolve(process.env.SITE ?? "bilan-demo/sortie");
const CHROMIUM = process.env.CHROMIUM ?? "/usr/bin/chromium";
const AXE = readFileSync(createRequire(import.meta.url).resolve("axe-core/axe.min.js"), "utf8");
const TYPES = { ".html": "text/html; charset=utf-8", ".pdf": "application/pdf", ".csv": "text/csv" };
// Width of an A4 page between margins of one centimetre, at 96 pixels an inch.
const A4 = 718;

const first = (folder) => join(folder, readdirSync(join(SITE, folder)).filter((f) => f.endsWith(".html")).sort()[0]);
const PAGES = [
  "index.html", "territoire.html", "departements/63.html", "epci/246300701.html", first("bailleurs"), first("reservataires"),
  "explorateur.html",
  "methode.html", "dictionnaire.html", "qualite.html", "diagnostics.html",
  "partenaires/etat/63/index.html", "partenaires/epci/246300701/index.html", "partenaires/reservataires/COLACT/index.html",
  "publique/index.html", "publique/epci/246300701.html",
];

let browser, server, origin;

before(async () => {
  assert.ok(existsSync(join(SITE, "index.html")), `no site in ${SITE}: run the demonstration first`);
  browser = await puppeteer.launch({ executablePath: CHROMIUM, args: ["--no-sandbox", "--disable-gpu"] });
  server = createServer((request, response) => {
    const path = join(SITE, decodeURIComponent(new URL(request.url, "http://x").pathname));
    if (!path.startsWith(SITE) || !existsSync(path)) return response.writeHead(404).end();
    response.writeHead(200, { "content-type": TYPES[extname(path)] ?? "application/octet-stream" });
    createReadStream(path).pipe(response);
  });
  await new Promise((ready) => server.listen(0, "127.0.0.1", ready));
  origin = `http://127.0.0.1:${server.address().port}`;
});

after(async () => {
  await browser?.close();
  server?.close();
});

const onDisk = (page) => pathToFileURL(join(SITE, page)).href;

// Opens a page and keeps everything it says or asks for.
async function open(url, { width = 1200, script = true } = {}) {
  const page = await browser.newPage();
  const said = [];
  page.on("console", (m) => said.push(`console: ${m.text()}`));
  page.on("pageerror", (e) => said.push(`error: ${e.message}`));
  page.on("requestfailed", (r) => said.push(`failed: ${r.url()}`));
  page.on("request", (r) => {
    if (r.url() !== url && !r.url().startsWith("data:")) said.push(`asked for: ${r.url()}`);
  });
  await page.setJavaScriptEnabled(script);
  await page.setViewport({ width, height: 900 });
  await page.goto(url, { waitUntil: "load" });
  return { page, said };
}

for (const name of PAGES) {
  test(`${name} loads alone, from the disk and from a server, with an empty console`, async () => {
    for (const url of [onDisk(name), `${origin}/${name}`]) {
      const { page, said } = await open(url);
      assert.deepEqual(said, []);
      assert.equal(await page.$eval("html", (e) => e.lang), "fr");
      await page.close();
    }
  });

  test(`${name} has no accessibility violation`, async () => {
    const { page } = await open(onDisk(name));
    await page.$$eval("details", (all) => all.slice(0, 60).forEach((d) => (d.open = true)));
    await page.evaluate(AXE);
    const tags = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];
    const found = await page.evaluate((values) => axe.run(document, { runOnly: { type: "tag", values } }), tags);
    const list = found.violations.map((v) => `${v.id}: ${v.help}: ${v.nodes.slice(0, 3).map((n) => n.html).join(" ")}`);
    assert.deepEqual(list, []);
    await page.close();
  });

  test(`${name} does not scroll sideways on a small screen`, async () => {
    const { page } = await open(onDisk(name), { width: 360 });
    await page.$$eval("details", (all) => all.slice(0, 60).forEach((d) => (d.open = true)));
    const wide = await page.evaluate(() => document.scrollingElement.scrollWidth);
    assert.ok(wide <= 360, `${wide} pixels wide`);
    await page.close();
  });

  test(`${name} prints without cutting a table`, async () => {
    const { page } = await open(onDisk(name), { width: A4 });
    await page.emulateMediaType("print");
    const cut = await page.$$eval("table", (tables, room) =>
      tables.filter((t) => t.getBoundingClientRect().right > room + 1 && t.getBoundingClientRect().width > 0)
        .map((t) => `${t.closest("[aria-label]")?.getAttribute("aria-label")}: ${Math.round(t.getBoundingClientRect().right)}`), A4);
    assert.deepEqual(cut, []);
    const hidden = await page.$$eval("details > :not(summary) table, details > table", (tables) =>
      tables.filter((t) => t.getBoundingClientRect().height === 0).length);
    assert.equal(hidden, 0, "tables folded on the screen are printed");
    await page.close();
  });
}

// A line of a table in CSV, as the pipelines wrote it: the page must say the same.
function line(table, wanted) {
  const [head, ...rows] = readFileSync(join(SITE, "indicateurs", `${table}.csv`), "utf8").replace("\ufeff", "").trim().split("\n");
  const names = head.trim().split(";");
  const found = rows.map((r) => r.trim().split(";")).find((r) => Object.entries(wanted).every(([k, v]) => r[names.indexOf(k)] === v));
  return Object.fromEntries(names.map((n, i) => [n, found[i]]));
}

const count = (text) => Number(text).toLocaleString("fr").replace(/\s/g, " ");
const months = (text) => Number(text.replace(",", ".")).toFixed(1).replace(".", ",");

test("the explorer answers by keyboard alone, with the table's own figures", async () => {
  const { page, said } = await open(onDisk("explorateur.html"));
  for (let i = 0; i < 20; i++) {
    await page.keyboard.press("Tab");
    if (await page.evaluate(() => document.activeElement.id === "x-commune")) break;
  }
  await page.keyboard.type("63113");
  await page.keyboard.press("Tab");
  await page.keyboard.type("T3");
  await page.keyboard.press("Tab");
  await page.keyboard.type("Appartement");
  await page.keyboard.press("ArrowUp");
  await page.keyboard.press("ArrowDown");
  const answer = await page.$eval("#x-reponse", (e) => e.innerText.replace(/\s/g, " "));
  const row = line("explorateur", { niveau: "commune", code: "63113", typologie: "T3", categorie: "collectif" });
  for (const wanted of [count(row.logements), count(row.demandes), count(row.attributions), months(row.delai_moyen), months(row.delai_median)]) {
    assert.ok(answer.includes(wanted), `${wanted} in: ${answer}`);
  }
  assert.ok(answer.includes("Clermont-Ferrand (63113), T3, appartement"), answer);
  assert.deepEqual(said, []);
  await page.close();
});

test("the explorer says when few leases stand behind a delay, and when a commune is unknown", async () => {
  const rows = readFileSync(join(SITE, "indicateurs/explorateur.csv"), "utf8").trim().split("\n").map((r) => r.trim().split(";"));
  const names = rows[0].map((n) => n.replace("\ufeff", ""));
  const cell = (r, n) => r[names.indexOf(n)];
  const few = rows.slice(1).find((r) => cell(r, "niveau") === "commune" && cell(r, "typologie") === "ensemble" && cell(r, "categorie") === "ensemble" && Number(cell(r, "baux_delai")) > 1 && Number(cell(r, "baux_delai")) < 11);
  const { page } = await open(onDisk("explorateur.html"));
  await page.type("#x-commune", cell(few, "code"));
  assert.match(await page.$eval("#x-reponse", (e) => e.innerText), new RegExp(`reposent sur ${cell(few, "baux_delai")} baux seulement`));
  await page.$eval("#x-commune", (e) => (e.value = ""));
  await page.type("#x-commune", "Nulle-Part");
  assert.match(await page.$eval("#x-reponse", (e) => e.innerText), /Aucune commune de ce nom/);
  await page.close();
});

test("without script, the explorer and the lists are whole", async () => {
  const { page } = await open(onDisk("explorateur.html"), { script: false });
  assert.equal(await page.$eval("#x-formulaire", (e) => e.checkVisibility()), false);
  assert.ok((await page.$$eval("#x-tout details", (all) => all.length)) > 100);
  await page.close();
  const home = await open(onDisk("index.html"), { script: false });
  assert.equal(await home.page.$$eval("#liste-epci li", (all) => all.filter((i) => i.checkVisibility()).length), 9);
  await home.page.close();
});

test("the search by EPCI filters, accents and case apart, and says how many remain", async () => {
  const { page } = await open(onDisk("index.html"));
  await page.type("#cherche-epci", "PUY");
  const shown = await page.$$eval("#liste-epci li", (all) => all.filter((i) => i.checkVisibility()).map((i) => i.innerText));
  assert.ok(shown.length >= 1 && shown.every((t) => /puy/i.test(t)), shown.join("|"));
  assert.match(await page.$eval("#cherche-epci + [role=status]", (e) => e.innerText), /résultat/);
  await page.close();
});

test("every link of the pages leads to a file that exists", async () => {
  for (const name of PAGES) {
    const { page } = await open(onDisk(name));
    const links = await page.$$eval("a[href]", (all) => all.map((a) => a.href).filter((h) => h.startsWith("file:")));
    const broken = [...new Set(links)].filter((h) => !existsSync(new URL(h.split("#")[0])));
    assert.deepEqual(broken, []);
    const anchors = await page.$$eval("a[href^='#']", (all) => all.map((a) => a.getAttribute("href").slice(1)).filter((id) => !document.getElementById(id)));
    assert.deepEqual(anchors, []);
    await page.close();
  }
});
