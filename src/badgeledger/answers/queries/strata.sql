-- One row per badge and outcome: how many issuances there are.
select issuance.badge_id, coalesce(badge.name, '') as badge_name, issuance.outcome, count(*) as issuances
from report.issuances as issuance
left join report.badges as badge on badge.badge_id = issuance.badge_id
where $badge is null or issuance.badge_id = $badge
group by issuance.badge_id, badge.name, issuance.outcome
order by issuance.badge_id, issuance.outcome
