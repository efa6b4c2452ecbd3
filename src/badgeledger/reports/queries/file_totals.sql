-- One row: lines of all input files known.
select
    count(*) as files,
    coalesce(sum(lines), 0)::bigint as lines,
    coalesce(sum(accepted), 0)::bigint as accepted,
    coalesce(sum(duplicate), 0)::bigint as duplicate,
    coalesce(sum(quarantined), 0)::bigint as quarantined
from report.input_file
