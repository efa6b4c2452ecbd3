-- One row per badge, the most breaches first.
select
    badge_id, name, org_id, earn_type, active, epoch_us(starts_at) as starts_us, epoch_us(expires_at) as expires_us,
    status, versions, issuances, counted, breaches, findings
from report.badges
order by breaches desc, counted desc, badge_id
limit $many
