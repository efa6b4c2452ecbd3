-- One row per input file known, those with refused lines first.
select path, sha256, lines, accepted, duplicate, quarantined
from report.input_file
order by quarantined desc, path, sha256
limit $many
