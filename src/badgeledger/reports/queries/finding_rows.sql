-- One row per finding, newest first, those without an instant last.
select
    code, coalesce(badge_id, '') as badge_id, epoch_us(processed_at) as processed_at, row_key, finding_id,
    coalesce(platform_code, '') as platform_code, severity, coalesce(customer_id, '') as customer_id,
    coalesce(issuance_id, '') as issuance_id, coalesce(request_id, '') as request_id, coalesce(detail, '') as detail,
    coalesce(source_file, '') as source_file, source_line
from report.findings
order by processed_at desc nulls last, row_key, code, badge_id
limit $many
