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
