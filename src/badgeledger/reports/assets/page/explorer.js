// A link to one day is short for a link from it to it.
const whole = ({ on, ...wanted }) => (on ? { ...wanted, from: on, to: on } : wanted);
const loaded = {};
const load = (name) => (loaded[name] ??= unpack(name).then((document) => (document.columns ? decode(document) : document)));
const explorers = {};
let lastUsed = null;

class Explorer {
  constructor(root, name, data) {
    Object.assign(this, { root, name, data, table: TABLES[name], state: {}, ranks: {} });
    this.facets = Object.entries(this.table.facets).filter(([, [, column]]) => data.columns[column].words);
    this.build();
  }
  build() {
    const changed = (push) => this.go(this.read(), push);
    this.query = element("input", { type: "search", placeholder: "several words, -word excludes", autocomplete: "off", spellcheck: false });
    this.query.addEventListener("input", () => changed(false));
    this.selects = Object.fromEntries(this.facets.map(([key, [label]]) => {
      const select = element("select", { "aria-label": label });
      select.addEventListener("change", () => changed(true));
      return [key, select];
    }));
    // Plain text, not a date control: that one would show days in the reader's language.
    const field = (placeholder, maxLength) => { const made = element("input", { type: "text", placeholder, maxLength, size: 10, className: "day" }); made.addEventListener("change", () => changed(true)); return made; };
    const clocks = Object.entries(this.table.clocks ?? (this.data.columns.processed_at ? { processed_at: "processing" } : {}));
    [this.from, this.to] = clocks.length ? [field("2024-12-31", 27), field("2024-12-31", 27)] : [null, null];
    this.clock = clocks[0]?.[0];
    this.by = clocks.length > 1 ? element("select", {}, ...clocks.map(([value, label]) => element("option", { value: value === this.clock ? "" : value }, label))) : null;
    this.by?.addEventListener("change", () => changed(true));
    this.ranges = Object.fromEntries(Object.keys(this.table.ranges ?? {}).map((key) => [key, field("1..30", 20)]));
    const controls = element("div", { className: "controls" }, element("label", {}, "Search", this.query),
      ...this.facets.map(([key, [label]]) => element("label", {}, label, this.selects[key])),
      ...Object.entries(this.ranges).map(([key, range]) => element("label", {}, this.table.ranges[key][0], range)),
      this.by && element("label", {}, "Days of", this.by), this.from && element("label", {}, "From day", this.from), this.to && element("label", {}, "To day", this.to));
    this.status = element("p", { role: "status" });
    this.chips = element("span");
    const link = element("button", { type: "button" }, "Copy link");
    link.addEventListener("click", () => copy(link, location.href));
    const sql = element("button", { type: "button" }, "Copy SQL");
    sql.addEventListener("click", () => copy(sql, this.sql()));
    const csv = element("button", { type: "button" }, "Rows as CSV");
    csv.addEventListener("click", () => this.save());
    const command = this.table.command && element("button", { type: "button" }, "badgeledger " + this.table.command);
    command?.addEventListener("click", () => copy(command, command.textContent));
    const head = element("tr", {}, ...this.table.heads.map(([key, label, right]) => {
      const cell = element("th", { scope: "col", className: right ? "r" : "" });
      if (!key || !this.data.columns[key]) { cell.append(label); return cell; }
      const button = element("button", { type: "button" }, label);
      button.addEventListener("click", () => this.go({ ...this.state, page: "", sort: this.state.sort === "-" + key ? key : "-" + key }, true));
      cell.append(button);
      cell.dataset.label = label;
      return cell;
    }));
    this.body = element("tbody");
    this.head = head;
    this.previous = element("button", { type: "button" }, "Previous");
    this.next = element("button", { type: "button" }, "Next");
    this.place = element("span");
    this.previous.addEventListener("click", () => this.turn(-1));
    this.next.addEventListener("click", () => this.turn(1));
    this.root.append(controls, element("div", { className: "status" }, this.status, this.chips, element("span", { className: "acts" }, link, sql, csv, ...(command ? [command] : []))),
      element("div", { className: "scroll", tabIndex: 0, role: "region", "aria-label": "Table of " + this.table.more }, element("table", {}, element("thead", {}, head), this.body)),
      element("p", { className: "pages" }, this.previous, this.place, this.next));
    this.root.addEventListener("focusin", () => { lastUsed = this; });
  }
  read() {
    const state = { q: this.query.value, by: this.by?.value, from: this.from?.value, to: this.to?.value, sort: this.state.sort, page: "" };
    for (const [key, field] of Object.entries({ ...this.selects, ...this.ranges })) state[key] = field.value;
    for (const key of Object.keys(this.table.exact ?? {})) state[key] = this.state[key];
    return state;
  }
  hash(state) {
    const given = new URLSearchParams(Object.entries(state).filter(([, value]) => value));
    return "#/" + this.name + (String(given) ? "?" + given : "");
  }
  go(state, push) {
    lastUsed = this;
    const hash = this.hash(state);
    if (hash !== location.hash) history[push ? "pushState" : "replaceState"](null, "", hash);
    this.show(state);
  }
  turn(by) {
    const at = Math.min(Math.max(this.pageAt + by, 1), this.pages);
    if (at !== this.pageAt) this.go({ ...this.state, page: at > 1 ? String(at) : "" }, true);
  }
  show(state) {
    this.state = state;
    if (this.query.value !== (state.q || "")) this.query.value = state.q || "";
    for (const [key, field] of Object.entries({ by: this.by, from: this.from, to: this.to, ...this.ranges })) if (field) field.value = state[key] || "";
    this.filter();
    this.sort();
    this.paint();
  }
  tokens() {
    return [...(this.state.q || "").toLowerCase().matchAll(/(-?)(?:"([^"]*)"|(\S+))/g)]
      .map(([, not, phrase, word]) => [not === "-", phrase ?? word]).filter(([, token]) => token && token !== "-");
  }
  filter() {
    const { rows, columns } = this.data;
    const failed = new Uint8Array(rows), who = new Uint8Array(rows);
    for (const [not, token] of this.tokens()) {
      const mask = new Uint8Array(rows);
      for (const name of this.table.search) columns[name]?.find?.(token, mask);
      for (let row = 0; row < rows; row++) if (mask[row] === (not ? 1 : 0)) failed[row] = 2;
    }
    const within = (values, from, to) => { for (let row = 0; row < rows; row++) if (!(values[row] >= from && values[row] <= to)) failed[row] = 2; };
    // A day is meant whole; an instant begins what follows, or ends, not included, what came before.
    const by = this.state.by || this.clock;
    for (const [key, at] of [["from", 0], ["to", 1]]) {
      const wanted = this[key] && this.state[key], exact = INSTANT.test(wanted || ""), edge = exact ? microseconds(wanted) - at : wanted ? dayNumber(wanted) : NaN;
      if (this[key]) this.judge(this[key], !wanted || !Number.isNaN(edge), "A day is written 2024-12-31");
      if (!Number.isNaN(edge)) within(exact ? columns[by].values : daysOf(this.data, by), at ? -Infinity : edge, at ? edge : Infinity);
    }
    for (const [key, field] of Object.entries(this.ranges)) {
      const bounds = span(this.state[key]);
      this.judge(field, bounds, "A range is written 1..30, ..0, 31.. or none");
      const { values } = columns[this.table.ranges[key][1]];
      if (this.state[key] === "none") { for (let row = 0; row < rows; row++) if (!Number.isNaN(values[row])) failed[row] = 2; }
      else if (this.state[key] && bounds) within(values, ...bounds);
    }
    for (const [key, name] of Object.entries(this.table.exact ?? {})) {
      if (this.state[key]) for (let row = 0; row < rows; row++) if (columns[name].text(row) !== this.state[key]) failed[row] = 2;
    }
    this.facets.forEach(([key, [, name]], facet) => {
      if (!this.state[key]) return;
      const { words, index } = columns[name], wanted = words.indexOf(this.state[key]);
      for (let row = 0; row < rows; row++) if (index[row] !== wanted) { failed[row] = Math.min(2, failed[row] + 1); who[row] = facet; }
    });
    // A facet counts the rows that pass everything but itself: what one would get by choosing otherwise.
    this.facets.forEach(([key, [, name]], facet) => {
      const { words, index } = columns[name], counts = new Int32Array(words.length);
      for (let row = 0; row < rows; row++) if (!failed[row] || (failed[row] === 1 && who[row] === facet)) counts[index[row]]++;
      this.fill(this.selects[key], key, words, counts);
    });
    let kept = 0;
    this.found = new Int32Array(rows);
    for (let row = 0; row < rows; row++) if (!failed[row]) this.found[kept++] = row;
    this.found = this.found.slice(0, kept);
  }
  // A day that is no day filters nothing, and its field says so.
  judge(field, known, words) {
    field.setCustomValidity(known ? "" : words);
    field.setAttribute("aria-invalid", String(!known));
  }
  fill(select, key, words, counts) {
    const chosen = this.state[key] || "";
    const order = words.map((_, i) => i).filter((i) => words[i] !== "" && (counts[i] || words[i] === chosen))
      .sort((a, b) => counts[b] - counts[a] || compare(words[a], words[b])).slice(0, 200);
    if (chosen && !words.includes(chosen)) select.replaceChildren(element("option", { value: chosen }, visible(chosen) + " (0)"));
    else select.replaceChildren();
    select.prepend(element("option", { value: "" }, "all"));
    for (const i of order) select.append(element("option", { value: words[i] }, visible(this.label(key, words[i])) + " (" + grouped(counts[i]) + ")"));
    select.value = chosen;
  }
  label(key, word) {
    if (key === "badge") return this.data.badge_names[word] || word;
    return key === "limit" ? page.limits[word] || word : word;
  }
  sort() {
    const wanted = this.state.sort || "", key = wanted.replace(/^-/, ""), down = wanted.startsWith("-");
    if (!key || !this.data.columns[key]?.ranks) return;
    const ranks = (this.ranks[key] ??= this.data.columns[key].ranks()), rows = this.data.rows;
    const keys = Float64Array.from(this.found, (row) => (down ? rows - ranks[row] : ranks[row] + 1) * rows + row).sort();
    this.found = Int32Array.from(keys, (value) => value % rows);
  }
  paint() {
    const { table, data, found } = this;
    this.pages = Math.max(1, Math.ceil(found.length / PAGE));
    this.pageAt = Math.min(Math.max(1, parseInt(this.state.page, 10) || 1), this.pages);
    const shown = found.slice((this.pageAt - 1) * PAGE, this.pageAt * PAGE);
    const rightward = table.heads.map(([, , right]) => right);
    this.body.replaceChildren(...Array.from(shown, (row) => element("tr", {}, ...table.cells(data, row).map((cell, i) =>
      element("td", { className: rightward[i] ? "r" : /^(Source|Brought by|Issuance|File and line)$/.test(table.heads[i][1]) ? "id" : "" }, cell)))));
    table.heads.forEach(([key], i) => {
      const sorted = key && (this.state.sort || (table.sorted ?? "-processed_at")).replace(/^-/, "") === key;
      if (sorted) this.head.children[i].setAttribute("aria-sort", (this.state.sort || "-").startsWith("-") ? "descending" : "ascending");
      else this.head.children[i].removeAttribute("aria-sort");
    });
    this.status.textContent = grouped(found.length) + " of " + grouped(data.rows) + " " + table.more + this.totals();
    this.place.textContent = found.length ? "Rows " + grouped((this.pageAt - 1) * PAGE + 1) + " to " + grouped(Math.min(this.pageAt * PAGE, found.length)) + ", page " + grouped(this.pageAt) + " of " + grouped(this.pages) : "No row fits.";
    this.previous.disabled = this.pageAt <= 1;
    this.next.disabled = this.pageAt >= this.pages;
    this.chips.replaceChildren(...Object.entries(this.state).filter(([key, value]) => value && key !== "page" && key !== "sort").map(([key, value]) => {
      const chip = element("button", { type: "button", className: "chip", title: "Remove this filter" }, visible(key === "q" ? value : key + ": " + this.label(key, value)));
      chip.addEventListener("click", () => { this.go({ ...this.state, [key]: "", page: "" }, true); this.query.focus(); });
      return chip;
    }));
    printed(this);
  }
  totals() {
    const { customer_id: customer, badge_id: badge, source_file: file } = this.data.columns, excess = this.name === "breaches" && this.data.columns.excess;
    const distinct = (column) => {
      if (!column.words) return new Set(Array.from(this.found, (row) => column.text(row))).size;
      const seen = new Uint8Array(column.words.length);
      for (const row of this.found) seen[column.index[row]] = 1;
      return seen.reduce((sum, one, i) => sum + (one && column.words[i] !== "" ? 1 : 0), 0);
    };
    let sum = 0;
    if (excess) for (const row of this.found) sum += excess.values[row];
    if (!customer) return badge ? "" : " · " + many(distinct(file), "file");
    return " · " + many(distinct(badge), "badge") + ", " + many(distinct(customer), "customer") + (excess ? ", excess " + grouped(sum) + " in all" : "");
  }
  sql() {
    const quote = (text) => "'" + text.replaceAll("'", "''") + "'";
    // What replay says is asked for this page, and stands in no file.
    const wanted = this.facets.filter(([key]) => this.state[key] && key !== "replay").map(([key, [, name, told]]) => (told ?? name) + " = " + quote(this.state[key]));
    const by = this.state.by || this.clock, zoned = "(" + by + " at time zone " + quote(page.zone) + ")::date";
    for (const [key, day, instant] of [["from", " >= ", " >= "], ["to", " <= ", " < "]]) {
      if (this.state[key]) wanted.push(INSTANT.test(this.state[key]) ? by + instant + quote(this.state[key]) : zoned + day + quote(this.state[key]));
    }
    for (const [key, [, , amount]] of Object.entries(this.table.ranges ?? {})) {
      const [low, high] = span(this.state[key]) ?? [-Infinity, Infinity], told = amount.replace("AS_OF", page.as_of);
      if (this.state[key] === "none") wanted.push(told + " is null");
      if (low > -Infinity) wanted.push(told + " >= " + low);
      if (high < Infinity) wanted.push(told + " <= " + high);
    }
    for (const [key, name] of Object.entries(this.table.exact ?? {})) if (this.state[key]) wanted.push(name + " = " + quote(this.state[key]));
    for (const [not, token] of this.tokens()) {
      // The words of limits are the page's own; names of badges stand in their own file, but for breaches.
      const own = { source: "concat(cause_file, ':', cause_line)", badge_name: { breaches: "badge_name", badges: "name" }[this.name] ?? "(select any_value(name) from 'badges.parquet' as badge where badge.badge_id = shown.badge_id)" };
      const fields = this.table.search.filter((name) => !/^(limit_words|limits)$/.test(name)).map((name) => own[name] ?? name);
      wanted.push((not ? "not " : "") + "contains(lower(concat_ws(chr(10), " + fields.join(", ") + ")), " + quote(token) + ")");
    }
    return (this.state.replay ? "-- without the filter by replay, which is of this page alone\n" : "") + "select * from '" + this.name + ".parquet' as shown" + (wanted.length ? "\nwhere " + wanted.join("\n  and ") : "") + "\norder by " + (this.table.order ?? "processed_at desc, row_key") + ";";
  }
  save() {
    const { columns } = this.data, made = (name, row) => {
      if (name === this.table.one + "_id") return this.table.id(this.data, row);
      if (!columns[name]) return "";
      if (/_at$|_seen$|^window/.test(name)) return Number.isNaN(columns[name].values[row]) ? "" : iso(columns[name].values[row]);
      return columns[name].text ? columns[name].text(row) : String(columns[name].values[row]);
    };
    const names = this.table.export.filter((name) => name.endsWith("_id") || columns[name]).filter((name) => name === this.table.one + "_id" || columns[name]);
    download(this.name + "-filtered.csv", [names, ...Array.from(this.found, (row) => names.map((name) => made(name, row)))]);
  }
}
// A range as it is written: 1..30, ..0, 31.. or one number alone; null where it is not.
function span(text) {
  if (text === "none") return [-Infinity, Infinity];
  const [, low, dots, high] = (text || "..").match(/^(-?\d*)(\.\.)?(-?\d*)$/) ?? [];
  const bounds = [low ? Number(low) : -Infinity, !dots ? Number(low || NaN) : high ? Number(high) : Infinity];
  return bounds.some(Number.isNaN) || (!dots && high) ? null : bounds;
}
const iso = (us) => { const text = clock(us).replace(" ", "T"); return (text.length > 19 ? text : text + ".000000") + "Z"; };

function copy(button, text) {
  const label = button.textContent, done = (word) => { button.textContent = word; setTimeout(() => { button.textContent = label; }, 1500); };
  if (navigator.clipboard) navigator.clipboard.writeText(text).then(() => done("Copied"), () => window.prompt("Copy:", text));
  else window.prompt("Copy:", text);
}

// Printed sheets say what is filtered. The policy admits no style from the page's text; a rule by script is the page's own.
const filters = {};
function printed(found) {
  const chips = [...found.chips.children].map((chip) => chip.textContent), rule = new CSSStyleSheet();
  filters[found.name] = chips.length ? found.status.textContent.split(" · ")[0] + ": " + chips.join(", ") : "";
  const words = Object.values(filters).filter(Boolean).join("; ").replace(/[^A-Za-z0-9 .:]/gu, (character) => "\\" + hex(character.codePointAt(0), 6) + " ");
  rule.replaceSync(words ? '@page { @top-left { content: "' + words + '"; font: 8pt sans-serif; } }' : "");
  document.adoptedStyleSheets = [rule];
}
// Beside each table of the page: its link, the query over the files that gives its rows, the rows as CSV, the command.
function beside(view) {
  const act = (label, doing) => { const made = element("button", { type: "button" }, label); made.addEventListener("click", () => doing(made)); return made; };
  const own = view.querySelector("table"), name = view.getAttribute("aria-label") || "cycles", command = view.dataset.command;
  view.after(element("p", { className: "acts beside", role: "group", "aria-label": "For " + name }, act("Copy link", (made) => copy(made, location.href.split("#")[0] + "#" + view.id)),
    act("Copy SQL", (made) => copy(made, view.dataset.sql)), own ? act("Rows as CSV", () => download(view.id.slice(2) + ".csv", rowsOf(own))) : null, act(command, (made) => copy(made, command))));
}
const rowsOf = (table) => {
  const text = (cell) => { const found = [], walk = document.createTreeWalker(cell, NodeFilter.SHOW_TEXT); while (walk.nextNode()) found.push(walk.currentNode.data.trim()); return found.filter(Boolean).join(" "); };
  const heads = [...table.tHead.rows], last = heads.at(-1), above = heads.slice(0, -1).flatMap((row) => [...row.cells].filter((cell) => cell.rowSpan > 1));
  return [[...above, ...last.cells], ...[...table.tBodies[0].rows].map((row) => [...row.cells])].map((cells) => cells.map(text));
};
function download(name, rows) {
  const quote = (text) => (/[",\r\n]/.test(text) ? '"' + text.replaceAll('"', '""') + '"' : text);
  const file = URL.createObjectURL(new Blob(rows.map((row) => row.map(quote).join(",") + "\n"), { type: "text/csv" }));
  element("a", { href: file, download: name }).click();
  setTimeout(() => URL.revokeObjectURL(file), 60000);
}

