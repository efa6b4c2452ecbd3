"use strict";
// The page is whole without this file. It adds search, facets, sorting, links into every view and the evidence of a
// breach. No markup is ever built from data: every text enters as a text node.
(() => {
const $ = (selector, root = document) => root.querySelector(selector);
const DAY_US = 86400e6;
const PAGE = 100;
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Co}\p{Zl}\p{Zp}]/gu;

// Text, numbers and time: no locale, no time-zone table of the browser.
const hex = (code, width) => code.toString(16).padStart(width, "0");
const escaped = (code) => ({ 9: "\\t", 10: "\\n", 13: "\\r" })[code] ?? (code < 256 ? "\\x" + hex(code, 2) : code < 65536 ? "\\u" + hex(code, 4) : "\\U" + hex(code, 8));
// What cannot be seen, or turns the direction of text, is written out: as text.plain does for the rest of the page.
const visible = (text) => text.replace(UNSEEN, (character) => escaped(character.codePointAt(0)));
const grouped = (n) => String(n).replace(/\B(?=(\d{3})+$)/g, ",");
const many = (n, one, more = one + "s") => grouped(n) + " " + (n === 1 ? one : more);
const ordinal = (n) => grouped(n) + (n % 100 > 10 && n % 100 < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] || "th");
const compare = (a, b) => (a < b ? -1 : a > b ? 1 : 0);
function clock(us) {
  // Beyond the year 2255 a number of a script does not hold every microsecond.
  const milliseconds = Math.floor(us / 1000), micro = Number.isSafeInteger(us) ? us - Math.floor(us / 1e6) * 1e6 : 0;
  const whole = new Date(milliseconds).toISOString().slice(0, 19).replace("T", " ");
  return micro ? whole + "." + String(micro).padStart(6, "0") : whole;
}
function element(name, given = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(given)) {
    if (key in made && key !== "list") made[key] = value; else made.setAttribute(key, value);
  }
  made.append(...children.filter((child) => child !== null && child !== undefined));
  return made;
}
const bdi = (text) => element("bdi", {}, visible(text));

async function unpack(name) {
  const bytes = Uint8Array.from(atob($("#data-" + name).content.textContent), (c) => c.charCodeAt(0));
  return new Response(new Blob([bytes]).stream().pipeThrough(new DecompressionStream("gzip"))).json();
}

// Columns: each answers text(row), key(row) for sorting, and find(token) as a mask of rows.
function dictionary(words, places) {
  const index = Int32Array.from(places);
  return {
    words, index,
    text: (row) => words[index[row]],
    ranks() {
      const order = words.map((_, i) => i).sort((a, b) => compare(words[a], words[b]));
      const rank = new Float64Array(words.length);
      order.forEach((word, place) => { rank[word] = place; });
      return Float64Array.from(index, (word) => rank[word]);
    },
    find(token, mask) {
      const hit = Uint8Array.from(words, (word) => (word.toLowerCase().includes(token) ? 1 : 0));
      for (let row = 0; row < index.length; row++) mask[row] |= hit[index[row]];
    },
  };
}
function joined(text) {
  const starts = [0];
  for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) starts.push(at + 1);
  const lower = text.toLowerCase(), rows = starts.length;
  starts.push(text.length + 1);
  const word = (row) => text.slice(starts[row], starts[row + 1] - 1);
  return {
    text: word,
    ranks() {
      const words = starts.slice(0, rows).map((_, row) => word(row));
      const rank = new Float64Array(rows);
      words.map((_, row) => row).sort((a, b) => compare(words[a], words[b])).forEach((row, place) => { rank[row] = place; });
      return rank;
    },
    find(token, mask) {
      let row = 0;
      for (let at = lower.indexOf(token); at >= 0; at = lower.indexOf(token, starts[row + 1])) {
        let above = rows;
        while (above - row > 1) { const middle = (row + above) >> 1; if (starts[middle] <= at) row = middle; else above = middle; }
        mask[row] = 1;
        if (row + 1 >= rows) break;
      }
    },
  };
}
function numeric(steps) {
  const values = new Float64Array(steps.length);
  let before = 0;
  steps.forEach((step, row) => { values[row] = step === null ? NaN : (before += step); });
  return counts(values);
}
function counts(values) {
  return { values, text: (row) => (Number.isNaN(values[row]) ? "" : String(values[row])), ranks: () => ranked(values) };
}
function ranked(values) {
  const order = Float64Array.from(values).sort();
  return values.map((value) => {
    if (Number.isNaN(value)) return -1;
    let low = 0, high = order.length;
    while (low < high) { const middle = (low + high) >> 1; if (order[middle] < value) low = middle + 1; else high = middle; }
    return low;
  });
}
function decode(document) {
  const columns = {};
  for (const [name, column] of Object.entries(document.columns)) {
    if (column.k === "d") columns[name] = dictionary(column.d, column.i);
    else if (column.k === "t") columns[name] = joined(column.t);
    else if (column.k === "n") columns[name] = numeric(column.n);
    else if (column.k === "p") columns[name] = counts(Float64Array.from(column.n, (value) => value ?? NaN));
  }
  for (const [name, column] of Object.entries(document.columns)) {
    if (column.k === "a") columns[name] = counts(Float64Array.from(column.n, (step, row) => (step === null ? NaN : (columns[column.to].values[row] || 0) + step)));
  }
  for (const [name, column] of Object.entries(document.columns)) {
    if (column.k !== "w") continue;
    const base = columns[column.clock].values;
    columns[name] = { values: Float64Array.from(column.i, (place, row) => {
      const bound = column.d[place];
      return bound === null ? NaN : bound[0] ? base[row] + bound[1] : bound[1];
    }) };
  }
  const { limit_name: limit, count, number, badge_id: badge, expires_at: expires } = columns;
  if (badge) columns.badge_name = dictionary(badge.words.map((id) => document.badge_names[id] || ""), badge.index);
  if (limit) columns.limit_words = dictionary(limit.words.map((name) => page.limits[name] || name), limit.index);
  if (number) {
    columns.excess = counts(count.values.map((value, row) => value - number.values[row]));
    columns.left = counts(columns.excess.values.map((over) => -over));
  }
  // Days of 24 hours from as-of to the expiry: 1 to 30 are the next thirty, -29 to 0 the last.
  if (expires) columns.due = counts(expires.values.map((us) => Math.ceil((us - page.as_of) / DAY_US)));
  return { ...document, columns, days: {} };
}
// The local day of each row by one of its clocks.
const daysOf = (data, by) => (data.days[by] ??= data.columns[by].values.map((us) => Math.floor(local(us) / DAY_US)));
let page;
function local(us) {
  const [starts, seconds] = page.offsets;
  let at = 0, above = starts.length;
  while (above - at > 1) { const middle = (at + above) >> 1; if (starts[middle] <= us) at = middle; else above = middle; }
  return us + seconds[at] * 1e6;
}
function stamp(us) {
  if (Number.isNaN(us)) return element("span", { className: "none" }, "–");
  const made = element("time", { className: "stamp" }, element("span", {}, clock(us) + " ", element("abbr", { title: "Coordinated Universal Time" }, "UTC")));
  if (!/^(Etc\/)?UTC$/.test(page.zone)) made.append(element("small", {}, clock(local(us)) + " " + page.zone));
  return made;
}
const dayNumber = (text) => (/^\d{4}-\d\d-\d\d$/.test(text) ? Date.parse(text + "T00:00:00Z") / 864e5 : NaN);
const INSTANT = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)\.(\d{6})Z$/;
function microseconds(text) { const [, seconds, micro] = text.match(INSTANT); return Date.parse(seconds + "Z") * 1000 + Number(micro); }
const breachId = (data, row) => data.columns.row_key.text(row) + "~" + data.codes[data.columns.limit_name.text(row)];
const findingId = (data, row) => data.columns.row_key.text(row) + "~" + data.columns.code.text(row);
const source = (columns, row) => {
  const file = columns.source_file.text(row);
  return file && columns.source_line ? file + ":" + columns.source_line.text(row) : file;
};
const tag = (severity) => element("span", { className: "tag " + severity }, severity);
function badgeCell(data, row) {
  const id = data.columns.badge_id.text(row), name = data.columns.badge_name.text(row);
  return element("span", { className: "badge" }, bdi(name || id), name && name !== id ? element("small", {}, bdi(id)) : null);
}
function limitCell(name) {
  return element("span", { className: "limit" }, page.limits[name] || name, element("small", {}, name));
}

// The tables: what they search, which facets they offer, and their cells.
const TABLES = {
  breaches: {
    one: "breach", more: "breaches", route: "breach", id: breachId,
    search: ["badge_name", "badge_id", "limit_name", "limit_words", "customer_id", "issuance_id", "request_id", "owner_type", "source_file", "row_key"],
    facets: { badge: ["Badge", "badge_id"], limit: ["Limit", "limit_name"], owner: ["Owner", "owner_type"], replay: ["Replay", "replay"] },
    heads: [["processed_at", "Processed at"], ["badge_name", "Badge"], ["limit_name", "Limit"], ["customer_id", "Customer"], ["count", "Count", 1], ["number", "Number", 1], ["excess", "Excess", 1], ["", "Source"]],
    cells: (data, row) => [
      element("a", { href: "#/breach/" + encodeURIComponent(breachId(data, row)) }, stamp(data.columns.processed_at.values[row])),
      badgeCell(data, row), limitCell(data.columns.limit_name.text(row)), bdi(data.columns.customer_id.text(row)),
      grouped(data.columns.count.values[row]), grouped(data.columns.number.values[row]), "+" + grouped(data.columns.excess.values[row]),
      bdi(source(data.columns, row)),
    ],
    export: ["breach_id", "processed_at", "badge_id", "badge_name", "limit_name", "customer_id", "count", "number", "excess", "window_start", "window_end", "event_at", "issuance_id", "request_id", "owner_type", "version", "source_file", "source_line", "replay"],
  },
  findings: {
    one: "finding", more: "findings", route: "finding", id: findingId,
    search: ["code", "severity", "badge_name", "badge_id", "customer_id", "issuance_id", "request_id", "detail", "source_file", "row_key"],
    facets: { severity: ["Severity", "severity"], code: ["Code", "code"], badge: ["Badge", "badge_id"] },
    heads: [["processed_at", "Processed at"], ["severity", "Severity"], ["code", "Code"], ["badge_name", "Badge"], ["customer_id", "Customer"], ["", "Detail"], ["", "Source"]],
    cells: (data, row) => [
      element("a", { href: "#/finding/" + encodeURIComponent(findingId(data, row)) }, stamp(data.columns.processed_at.values[row])),
      tag(data.columns.severity.text(row)), element("code", {}, data.columns.code.text(row)), badgeCell(data, row),
      bdi(data.columns.customer_id.text(row)), bdi(data.columns.detail.text(row)), bdi(source(data.columns, row)),
    ],
    export: ["finding_id", "processed_at", "code", "severity", "platform_code", "badge_id", "customer_id", "issuance_id", "request_id", "detail", "source_file", "source_line"],
  },
};
TABLES.changes = {
  one: "flag", more: "changes", id: (data, row) => data.columns.flag_id.text(row),
  search: ["flag_id", "state", "kind", "cause", "badge_name", "badge_id", "limit_name", "limit_words", "code", "customer_id", "source"],
  facets: { state: ["State", "state"], kind: ["Kind", "kind"], cause: ["Cause", "cause"], mark: ["Mark", "mark"], badge: ["Badge", "badge_id"] },
  heads: [["processed_at", "Processed at"], ["state", "State"], ["kind", "Flag"], ["badge_name", "Badge"], ["customer_id", "Customer"], ["count_before", "Before", 1], ["count", "Count", 1], ["cause", "Cause"], ["source", "Brought by"], ["first_seen", "First seen"]],
  cells: ({ columns }, row) => [
    stamp(columns.processed_at.values[row]),
    element("span", {}, tag(columns.state.text(row)), columns.mark.text(row) ? tag(columns.mark.text(row)) : null), flagCell(columns, row),
    badgeCell({ columns }, row), bdi(columns.customer_id.text(row) || "–"), counted(columns.count_before.values[row]), counted(columns.count.values[row]),
    columns.cause.text(row) || "–", bdi(columns.source.text(row) || "–"), stamp(columns.first_seen.values[row]),
  ],
  export: ["flag_id", "state", "kind", "cause", "source", "mark", "badge_id", "limit_name", "code", "cycle_no", "customer_id", "processed_at", "count_before", "count", "first_seen"],
};
// What other numbers lead to. `clocks` are those by which days can be chosen, `ranges` what is chosen as 1..30, `exact`
// what only a link chooses.
const rowsLink = (name, wanted) => (count) => (count ? element("a", { className: "rows", href: "#/" + name + "?" + new URLSearchParams(wanted) }, grouped(count)) : grouped(count));
const values = (data, row) => (name) => data.columns[name].values[row];
const textOf = (data, row) => (name) => data.columns[name]?.text(row) ?? "";
Object.assign(TABLES, {
  usage: {
    one: "subject", more: "subjects", command: "headroom BADGE", sorted: "", order: "headroom, badge_id, limit_name, customer_id",
    search: ["badge_name", "badge_id", "limit_name", "limit_words", "customer_id"],
    facets: { badge: ["Badge", "badge_id"], limit: ["Limit", "limit_name"] }, ranges: { left: ["Left", "left", "headroom"] },
    heads: [["badge_name", "Badge"], ["limit_name", "Limit"], ["customer_id", "Customer"], ["count", "Count", 1], ["number", "Number", 1], ["left", "Left", 1], ["peak_count", "Peak", 1], ["", "Peak at"]],
    cells(data, row) {
      const word = textOf(data, row), value = values(data, row), limit = word("limit_name"), customer = word("customer_id"), start = value("span_start");
      const span = Number.isNaN(start) ? {} : { by: limit.includes(":FIXED_") ? "event_at" : page.clock, from: iso(start), to: iso(value("span_end")) };
      return [badgeCell(data, row), limitCell(limit), customer ? bdi(customer) : "all customers",
        rowsLink("issuances", { badge: word("badge_id"), ...(customer ? { customer } : {}), counted: "true", ...span })(value("count")),
        grouped(value("number")), grouped(value("left")), grouped(value("peak_count")), stamp(value("peak_at"))];
    },
    export: ["badge_id", "limit_name", "customer_id", "count", "number", "left", "peak_count", "peak_at"],
  },
  issuances: {
    one: "issuance", more: "issuances", command: "explain ISSUANCE", id: (data, row) => data.columns.issuance_id.text(row), clocks: { processed_at: "processing", event_at: "event" },
    search: ["badge_name", "badge_id", "customer_id", "issuance_id", "outcome", "code", "source_file"],
    facets: { badge: ["Badge", "badge_id"], counted: ["Counted", "counted"], outcome: ["Outcome", "outcome"], kind: ["Kind", "kind"] }, exact: { customer: "customer_id" },
    heads: [["processed_at", "Processed at"], ["event_at", "Event at"], ["badge_name", "Badge"], ["customer_id", "Customer"], ["kind", "Kind"], ["outcome", "Outcome"], ["counted", "Counted"], ["", "Issuance"], ["", "Source"]],
    cells(data, row) {
      const word = textOf(data, row), value = values(data, row);
      return [stamp(value("processed_at")), stamp(value("event_at")), badgeCell(data, row), bdi(word("customer_id")), word("kind"),
        word("outcome") + (word("code") ? " " + visible(word("code")) : ""), word("counted") === "true" ? "yes" : "no", bdi(word("issuance_id") || "–"), bdi(source(data.columns, row))];
    },
    export: ["issuance_id", "processed_at", "event_at", "badge_id", "customer_id", "kind", "outcome", "code", "counted", "source_file", "source_line"],
  },
  expirations: {
    one: "expiration", more: "expirations", command: "expiring --within 30d", sorted: "", order: "expires_at, processed_at, row_key", clocks: { expires_at: "expiry", processed_at: "processing", event_at: "event" },
    search: ["badge_name", "badge_id", "customer_id", "issuance_id", "rule"],
    facets: { badge: ["Badge", "badge_id"], state: ["State", "state"], rule: ["Rule", "rule"] }, exact: { customer: "customer_id" },
    ranges: { due: ["Days to expiry", "due", "ceil((epoch_us(expires_at) - AS_OF) / 86400000000)"] },
    heads: [["expires_at", "Expires at"], ["due", "In days", 1], ["state", "State"], ["badge_name", "Badge"], ["customer_id", "Customer"], ["", "Rule"], ["", "Issuance"]],
    cells(data, row) {
      const word = textOf(data, row), value = values(data, row);
      return [stamp(value("expires_at")), counted(value("due")), word("state").toLowerCase(), badgeCell(data, row), bdi(word("customer_id")), word("rule"), bdi(word("issuance_id") || "–")];
    },
    export: ["issuance_id", "expires_at", "state", "badge_id", "customer_id", "kind", "rule", "event_at", "processed_at"],
  },
  quarantine: {
    one: "line", more: "lines", command: "ingest --retry-quarantine", sorted: "", order: "source_file, source_line",
    search: ["source_file", "reason", "raw"], facets: { reason: ["Reason", "reason"], file: ["File", "source_file"] },
    heads: [["source_file", "File and line"], ["reason", "Reason"], ["", "Raw text"]],
    cells: (data, row) => [bdi(source(data.columns, row)), element("code", {}, data.columns.reason.text(row)), element("span", { className: "raw" }, bdi(data.columns.raw.text(row)))],
    export: ["source_file", "source_line", "reason", "raw"],
  },
  badges: {
    one: "badge", more: "badges", command: "explain BADGE", sorted: "", order: "breaches desc, counted desc, badge_id",
    search: ["badge_name", "badge_id", "limits"], facets: { status: ["Status", "status", "coalesce(nullif(status, ''), 'UNKNOWN')"], type: ["Earn type", "earn_type"] },
    heads: [["badge_name", "Badge"], ["status", "Status"], ["starts_at", "Starts"], ["expires_at", "Ends, not included"], ["", "Limits of its newest version"], ["issuances", "Issuances", 1], ["counted", "Counted", 1], ["breaches", "Breaches", 1], ["findings", "Findings", 1]],
    cells(data, row) {
      const word = textOf(data, row), value = values(data, row), badge = word("badge_id");
      return [badgeCell(data, row), word("status").toLowerCase(), stamp(value("starts_at")), stamp(value("expires_at")), element("span", {}, ...(word("limits") || "–").split("; ").map((limit) => element("span", { className: "line" }, limit))),
        rowsLink("issuances", { badge })(value("issuances")), rowsLink("issuances", { badge, counted: "true" })(value("counted")),
        word("status") === "UNKNOWN" ? "–" : rowsLink("breaches", { badge })(value("breaches")), rowsLink("findings", { badge })(value("findings"))];
    },
    export: ["badge_id", "badge_name", "status", "earn_type", "starts_at", "expires_at", "limits", "issuances", "counted", "breaches", "findings"],
  },
});
const counted = (count) => (Number.isNaN(count) ? "–" : grouped(count));
// What stands can be opened; what is gone, or a cycle, has no evidence of tonight.
function flagCell(columns, row) {
  const kind = columns.kind.text(row), id = columns.flag_id.text(row), limit = columns.limit_name.text(row);
  const words = kind === "finding" ? element("code", {}, columns.code.text(row)) : element("span", {}, kind === "cycle" ? "cycle " + counted(columns.cycle_no.values[row]) + ", " : "", limitCell(limit));
  return kind === "cycle" || /^(gone|not-judged)/.test(columns.state.text(row)) ? words : element("a", { href: "#/" + kind + "/" + encodeURIComponent(id) }, words);
}
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

// The evidence of one breach or finding, in a sheet over the page.
function rowOf(data, id, idOf) {
  const key = id.slice(0, id.lastIndexOf("~"));
  for (let row = 0; row < data.rows; row++) if (data.columns.row_key.text(row) === key && idOf(data, row) === id) return row;
  return -1;
}
function sheet(title, ...content) {
  const box = $("#sheet"), close = element("button", { type: "button", className: "close" }, "Close");
  close.addEventListener("click", () => box.close());
  box.replaceChildren(element("h2", { id: "sheet-title" }, title), close, ...content);
  if (!box.open) box.showModal();
  // What had the focus may just have been replaced.
  close.focus();
  box.scrollTop = 0;
}
function acts(id, table) {
  const link = element("button", { type: "button" }, "Copy link"), sql = element("button", { type: "button" }, "Copy SQL"), explain = element("button", { type: "button" }, "Copy command");
  link.addEventListener("click", () => copy(link, location.href));
  sql.addEventListener("click", () => copy(sql, "select * from '" + table.more + ".parquet' where " + table.one + "_id = '" + id.replaceAll("'", "''") + "';"));
  explain.addEventListener("click", () => copy(explain, "badgeledger explain " + id));
  return element("p", { className: "acts" }, element("code", {}, visible("badgeledger explain " + id)), link, sql, explain);
}
const pairs = (entries) => element("dl", { className: "pairs" }, ...entries.filter(Boolean).flatMap(([term, value]) => [element("dt", {}, term), element("dd", {}, value)]));
const text = (data, name, row) => (data.columns[name] ? data.columns[name].text(row) : "");

async function showBreach(id) {
  const data = await load("breaches"), row = rowOf(data, id, breachId);
  if (row < 0) { sheet("Not in this page", element("p", {}, "No breach with this id is embedded here: ", bdi(id), ". If the page holds only the newest, look in breaches.parquet."), acts(id, TABLES.breaches)); return; }
  const { columns } = data, count = columns.count.values[row], number = columns.number.values[row];
  const limit = columns.limit_name.text(row), badgeWide = limit.startsWith("BADGE"), outcome = text(data, "outcome", row);
  const from = columns.window_start.values[row], to = columns.window_end.values[row];
  const badge = columns.badge_name.text(row) || columns.badge_id.text(row);
  const evidence = await load("evidence"), inside = evidence.spans[id];
  sheet("The " + ordinal(count) + " where " + (number ? "only " + grouped(number) + (number === 1 ? " fits" : " fit") : "none fits"),
    element("p", { className: "story" }, badgeWide ? "All customers together have " : "Customer ", badgeWide ? "" : bdi(columns.customer_id.text(row)), badgeWide ? "" : " has ",
      many(count, "counted issuance"), " of ", element("b", {}, bdi(badge)), " where the limit is ", grouped(number), " (" + (page.limits[limit] || limit) + "). This one is " + grouped(count - number) + " over."),
    inside ? strip(evidence, inside, from, to, number) : element("p", { className: "cut" }, "The page draws the spans of the newest and shorter breaches only; the issuances inside this one are in issuances.parquet."),
    pairs([
      ["Limit", limitCell(limit)], ["Number, count, excess", grouped(number) + ", " + grouped(count) + ", +" + grouped(count - number)],
      ["Span from", Number.isNaN(from) ? "the badge’s first issuance" : stamp(from)], ["Span to (not included)", stamp(to)],
      ["Processed at", stamp(columns.processed_at.values[row])], ["Event at", stamp(columns.event_at.values[row])],
      ["Customer", bdi(columns.customer_id.text(row))], columns.issuance_id && ["Issuance", bdi(text(data, "issuance_id", row))], columns.request_id && ["Request", bdi(text(data, "request_id", row))],
      ["Owner", bdi(text(data, "owner_type", row) || "–")], ["Version in force", bdi(text(data, "version", row) || "–")],
      ["The platform’s answer", outcome === "ACCEPTED" ? "accepted" : outcome === "ASSUMED" ? "not known; accepted is assumed" : bdi(outcome || "–")],
      ["Replay says", columns.replay.text(row) ? page.replay[columns.replay.text(row)] : "asked for badges of the newest breaches only; badgeledger explain tells"], ["Room again", free(evidence.free[id], limit, number, to)], ["Source", bdi(source(columns, row))],
    ]), acts(id, TABLES.breaches));
}
// The next instant at which one more would fit, if nothing else is issued meanwhile.
function free(again, limit, number, to) {
  const kind = limit.split(":")[1];
  if (kind === "FIXED_VALUE" || number === 0) return "never under this limit";
  if (kind === "FIXED_WINDOW") return element("span", {}, "with the next cycle, from ", stamp(to));
  return again === undefined ? "when enough issuances have left the span; badgeledger explain knows" : element("span", {}, "from ", stamp(again), " if nothing else is issued");
}
function strip(evidence, inside, from, to, number) {
  evidence.at ??= numeric(evidence.clocks.n).values;
  const space = $(".brand svg").namespaceURI, draw = (name, given) => { const made = document.createElementNS(space, name); for (const [key, value] of Object.entries(given)) made.setAttribute(key, value); return made; };
  const times = inside.map((i) => evidence.at[i]), low = Number.isNaN(from) ? Math.min(...times) : from, wide = Math.max(1, to - low);
  const picture = draw("svg", { viewBox: "0 0 1000 40", preserveAspectRatio: "none", "aria-hidden": "true" });
  picture.append(draw("rect", { class: "room", width: 1000, height: 40 }), draw("path", { class: "end", d: "M0 -4V44M1000 -4V44" }));
  times.forEach((us, i) => { const x = (1000 * (us - low)) / wide; picture.append(draw("path", { class: i < number ? "in" : "out", d: "M" + x + (i < number ? " 12V40" : " 0V40") })); });
  const list = element("table", {}, element("thead", {}, element("tr", {}, ...["No.", "At", "Issuance"].map((label) => element("th", { scope: "col" }, label)))),
    element("tbody", {}, ...inside.map((i, place) => element("tr", {}, element("td", { className: place < number ? "r" : "r over" }, grouped(place + 1)), element("td", {}, stamp(evidence.at[i])), element("td", { className: "id" }, bdi(evidence.ids[i]))))));
  return element("figure", { className: "span" }, picture,
    element("p", { className: "axis" }, element("span", {}, clock(low)), element("span", {}, clock(to) + " not included")),
    element("details", {}, element("summary", {}, "Every counted issuance inside: " + grouped(inside.length) + ", of which " + grouped(Math.min(number, inside.length)) + " fit"), list));
}
async function showFinding(id) {
  const data = await load("findings"), row = rowOf(data, id, findingId);
  if (row < 0) { sheet("Not in this page", element("p", {}, "No finding with this id is embedded here: ", bdi(id), ". If the page holds only the newest, look in findings.parquet."), acts(id, TABLES.findings)); return; }
  const code = text(data, "code", row), [title, why, doing] = page.guides[code] || [code, "", ""];
  const customer = text(data, "customer_id", row);
  sheet(title, element("p", { className: "story" }, tag(text(data, "severity", row)), " ", bdi(text(data, "detail", row))),
    element("p", {}, element("b", {}, "Why it matters. "), why), element("p", {}, element("b", {}, "What to do. "), doing),
    pairs([["Code", element("code", {}, code)], ["Platform code", text(data, "platform_code", row) || "–"], ["Processed at", stamp(data.columns.processed_at.values[row])],
      ["Badge", badgeCell(data, row)], ["Customer", bdi(customer || "–")], ["Issuance", bdi(text(data, "issuance_id", row) || "–")], ["Request", bdi(text(data, "request_id", row) || "–")], ["Source", bdi(source(data.columns, row) || "–")]]),
    acts(id, TABLES.findings));
}

// The calendar of one badge, drawn as the page draws those with the most breaches.
async function calendar(id) {
  const select = $("#calendar");
  if (!select) return;
  const { cells, rows, badge_names: names } = await load("cycles"), own = $("#calendar-strips");
  const word = (name) => { const { d, i } = cells[name]; return (row) => d[i[row]]; }, number = (name) => (cells[name].values ??= numeric(cells[name].n).values);
  const [badge, scope, tone, odd] = ["badge_id", "scope", "tone", "odd_days"].map(word);
  const [no, count, subjects, beyond, full, unjudged, first, last] = ["cycle_no", "count", "subjects", "beyond", "full_now", "unjudged", "first_day", "last_day"].map(number);
  const day = (n) => new Date(n * 864e5).toISOString().slice(0, 10);
  if (select.options.length === 1) {
    for (const [one, name] of Object.entries(names).sort((a, b) => compare(a[1] || a[0], b[1] || b[0]) || compare(a[0], b[0]))) select.append(element("option", { value: one }, visible(name || one) + (name ? " · " + visible(one) : "")));
    select.addEventListener("change", () => { history.pushState(null, "", select.value ? "#/cycles?badge=" + encodeURIComponent(select.value) : "#cycles"); calendar(select.value); });
  }
  const known = id in names ? id : "";
  select.value = known;
  $("#calendar-first").hidden = Boolean(known);
  own.replaceChildren(...(known ? ["BADGE", "CUSTOMER"] : []).map((wanted) => {
    const mine = Array.from({ length: rows }, (_, row) => row).filter((row) => badge(row) === known && scope(row) === wanted);
    if (!mine.length) return "";
    return element("div", { className: "strip" }, element("h4", {}, element("span", { className: "badge" }, bdi(names[known] || known), names[known] && names[known] !== known ? element("small", {}, bdi(known)) : null), element("span", { className: "tag" }, wanted === "CUSTOMER" ? "per customer" : "all customers together")),
      element("ol", {}, ...mine.map((row) => element("li", {
        className: tone(row),
        title: "Cycle " + no[row] + ", " + day(first[row]) + " to " + day(last[row]) + ": " + grouped(count[row]) + " counted, " + many(subjects[row], "subject") + ", " + grouped(beyond[row]) + " over, " + grouped(full[row]) + " at the limit" + (unjudged[row] ? ", not judged" : "") + (odd(row) ? "; " + odd(row) : ""),
      }, element("span", {}, day(first[row]).slice(5) + (odd(row) ? "*" : "")), element("b", {}, ...(/next/.test(tone(row)) ? ["–"] : [beyond[row] ? "▲" : /warm/.test(tone(row)) ? "◆" : "", rowsLink("issuances", { badge: known, counted: "true", by: "event_at", from: day(first[row]), to: day(last[row]) })(count[row])]))))),
      ...mine.filter(odd).map((row) => element("p", { className: "cut" }, "* " + odd(row) + ": the clock changes in cycle " + grouped(no[row]) + ".")),
      element("p", { className: "axis" }, element("span", {}, "Cycle " + grouped(no[mine[0]]) + ", " + day(first[mine[0]])), element("span", {}, "Cycle " + grouped(no[mine.at(-1)]) + ", to " + day(last[mine.at(-1)]))));
  }));
}
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
})();
