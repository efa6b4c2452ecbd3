-- One row per instant and number of calendar months for which an expiry must be found on the calendar.
SELECT DISTINCT
    expiry_rule.base,
    expiry_rule.rule.value AS months
FROM ledger.expiry_rule AS expiry_rule
INNER JOIN ledger.setting AS setting ON setting.month = 'calendar'
WHERE expiry_rule.rule.kind = 'RELATIVE' AND expiry_rule.rule.unit = 'MONTHS'
