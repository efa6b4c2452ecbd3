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

