-- One row per refused line, in order of file and line.
select source_file, source_line, reason, substr(raw, 1, $length) as raw, length(raw) > $length as cut
from report.quarantine
order by source_file, source_line, reason, raw
limit $many
