// Routes: #/TABLE?… of each table, #/breach/ID, #/finding/ID, #/cycles?badge=ID. Anything else is a plain anchor.
async function explorer(name) {
  const root = $("#explore-" + name);
  return root && (explorers[name] ??= load(name).then((data) => new Explorer(root, name, data)));
}
const unfold = (found) => { const around = found.root.closest("details"); if (around) around.open = true; };
async function route(first) {
  const [, name, id, query] = location.hash.match(/^#\/(\w+)(?:\/([^?]*))?(?:\?(.*))?$/) || [];
  if (id && (name === "breach" || name === "finding")) { await (name === "breach" ? showBreach : showFinding)(decodeURIComponent(id)); return; }
  if ($("#sheet").open) $("#sheet").close();
  if (name === "cycles" || first) await calendar(name === "cycles" ? new URLSearchParams(query || "").get("badge") || "" : "");
  if (name === "cycles") { $("#cycles")?.scrollIntoView(); return; }
  if (!TABLES[name]) return;
  const found = await explorer(name);
  if (!found) return;
  lastUsed = found;
  const wanted = whole(Object.fromEntries(new URLSearchParams(query || "")));
  if (first || found.hash(found.state) !== found.hash(wanted)) found.show(wanted);
  unfold(found);
  const top = found.root.getBoundingClientRect().top;
  if (first || top < 0 || top > innerHeight * 0.7) found.root.scrollIntoView();
}
// The report proves itself: files that are dropped on the page are compared with what it was made of and what it made.
async function digest(blob) {
  const bytes = await crypto.subtle.digest("SHA-256", await blob.arrayBuffer());
  return Array.from(new Uint8Array(bytes), (byte) => hex(byte, 2)).join("");
}
async function dropped(items) {
  const found = [], walk = async (entry) => {
    if (entry.isFile) { found.push(await new Promise((done, failed) => entry.file(done, failed))); return; }
    const reader = entry.createReader();
    for (;;) {
      const part = await new Promise((done, failed) => reader.readEntries(done, failed));
      if (!part.length) return;
      for (const one of part) await walk(one);
    }
  };
  const entries = Array.from(items, (item) => item.webkitGetAsEntry?.() || item.getAsFile()).filter(Boolean);
  for (const entry of entries) if (entry instanceof File) found.push(entry); else await walk(entry);
  return found;
}
// What a file is to this report: [sound, words]. A log may have grown since: then its beginning is what was read.
async function judged(file, proof) {
  const sum = await digest(file), base = (path) => path.slice(path.lastIndexOf("/") + 1);
  const input = proof.inputs.find((one) => one[2] === sum);
  if (input) return [true, "input " + input[0] + ", as it was read"];
  if (file.name in proof.outputs) return proof.outputs[file.name] === sum ? [true, "as this report wrote it"] : [false, "changed since this report was written"];
  const named = proof.inputs.filter((one) => base(one[0]) === file.name);
  for (const one of named) if (file.size > one[1] && (await digest(file.slice(0, one[1]))) === one[2]) return [true, "input " + one[0] + ": its first " + grouped(one[1]) + " bytes as they were read; it has grown since"];
  return named.length ? [false, "not as the input of this name was read"] : [null, proof.of > proof.inputs.length ? "not among the " + grouped(proof.inputs.length) + " of " + grouped(proof.of) + " inputs that this page knows" : "no file of this report"];
}
// The hash by which a page names its manifest: JSON with sorted keys and nothing but ASCII, without the page's own entry.
async function printedHash(told) {
  const { "report.html": own, ...outputs } = told.outputs ?? {};
  const sorted = (value) => (Array.isArray(value) ? value.map(sorted) : value && typeof value === "object" ? Object.fromEntries(Object.keys(value).sort().map((key) => [key, sorted(value[key])])) : value);
  return digest(new Blob([JSON.stringify(sorted({ ...told, outputs })).replace(/[\x7f-\uffff]/g, (character) => "\\u" + hex(character.charCodeAt(0), 4))]));
}
async function prove(files) {
  const proof = structuredClone(await load("proof")), manifest = files.find((file) => file.name === "manifest.json");
  const told = manifest ? await manifest.text().then(JSON.parse).catch(() => null) : null;
  const agrees = told && (await printedHash(told)) === proof.manifest;
  // Only the manifest that this page names may speak for the page itself.
  if (agrees) for (const [name, one] of Object.entries(told.outputs)) proof.outputs[name] ??= one.sha256;
  const rows = [];
  for (const file of files) rows.push([file.name, ...(file === manifest ? [Boolean(agrees), agrees ? "the one that this page names" : "not the one that this page names"] : await judged(file, proof))]);
  const bad = rows.filter(([, sound]) => sound === false).length, good = rows.filter(([, sound]) => sound).length;
  sheet(bad ? many(bad, "file") + " not as this report knows " + (bad === 1 ? "it" : "them") : many(good, "file") + " proved",
    element("p", {}, many(rows.length, "file") + ": " + grouped(good) + " as promised, " + grouped(bad) + " different, " + grouped(rows.length - good - bad) + " of no concern to this report. ", element("code", {}, "badgeledger verify"), " counts again, too."),
    element("table", {}, element("thead", {}, element("tr", {}, ...["", "File", "Found"].map((label) => element("th", { scope: "col" }, label)))),
      element("tbody", {}, ...rows.sort((a, b) => (a[1] === false ? -1 : 0) - (b[1] === false ? -1 : 0)).map(([name, sound, words]) => element("tr", {}, element("td", { className: sound === false ? "hot" : "" }, sound === null ? "–" : sound ? "✓" : "✗ differs"), element("td", { className: "id" }, bdi(name)), element("td", {}, bdi(words)))))));
}
const THEMES = ["system", "light", "dark"];
function theme(wanted) {
  const name = THEMES.includes(wanted) ? wanted : "system";
  if (name === "system") delete document.documentElement.dataset.theme; else document.documentElement.dataset.theme = name;
  $("#theme").textContent = "Theme: " + name;
  return name;
}
function keep(name) { try { localStorage.setItem("badgeledger-theme", name); } catch { /* a page without storage keeps the theme until it is closed */ } }
function kept() { try { return localStorage.getItem("badgeledger-theme"); } catch { return null; } }
function turnTheme() { keep(theme(THEMES[(THEMES.indexOf($("#theme").textContent.slice(7)) + 1) % 3])); }
async function search(name) {
  const found = await explorer(name);
  if (found) { unfold(found); found.root.scrollIntoView(); found.query.focus(); }
}
function press(event) {
  if (event.ctrlKey || event.metaKey || event.altKey || $("dialog[open]") || /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName)) return;
  const doing = { "/": () => search("breaches"), f: () => search("findings"), c: () => search("changes"), n: () => lastUsed?.turn(1), p: () => lastUsed?.turn(-1), t: turnTheme, "?": () => $("#keys").showModal() }[event.key];
  if (doing) { event.preventDefault(); doing(); }
}
async function start() {
  page = await unpack("page");
  theme(kept());
  for (const button of [$("#theme"), $("#help")]) button.hidden = false;
  $("#theme").addEventListener("click", turnTheme);
  $("#help").addEventListener("click", () => $("#keys").showModal());
  $("#sheet").addEventListener("close", () => {
    if (!/^#\/(breach|finding)\//.test(location.hash)) return;
    const under = lastUsed ? lastUsed.hash(lastUsed.state) : "#/" + (location.hash.startsWith("#/breach/") ? "breaches" : "findings");
    history.pushState(null, "", under);
  });
  addEventListener("hashchange", () => route(false));
  addEventListener("popstate", () => { if (/^#\//.test(location.hash)) route(false); });
  addEventListener("keydown", press);
  addEventListener("dragover", (event) => event.preventDefault());
  addEventListener("drop", (event) => { event.preventDefault(); dropped(event.dataTransfer.items).then((files) => files.length && prove(files)); });
  $("#prove-files").addEventListener("change", (event) => { prove([...event.target.files]); event.target.value = ""; });
  document.querySelectorAll("[data-sql]").forEach(beside);
  document.documentElement.classList.add("live");
  for (const link of document.querySelectorAll("[data-rows]")) link.setAttribute("href", link.dataset.rows);
  const build = async (names) => {
    for (const name of names) {
      const found = await explorer(name);
      if (found && !found.found) found.show({});
    }
  };
  await build(["breaches", "findings", "changes"]);
  await route(true);
  document.documentElement.dataset.ready = "yes";
  await build(Object.keys(TABLES));
  document.documentElement.dataset.whole = "yes";
}
if ("DecompressionStream" in window) start();
