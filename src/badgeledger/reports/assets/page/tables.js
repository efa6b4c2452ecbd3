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
    one: "badge", more: "badges", id: (data, row) => data.columns.badge_id.text(row), command: "explain BADGE", sorted: "", order: "breaches desc, counted desc, badge_id",
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
