-- One row: the settings of the rule book under which the ledger stands, and its as-of in microseconds.
SELECT
    getvariable('as_of')::BIGINT AS as_of,
    getvariable('zone')::VARCHAR AS zone,
    getvariable('counted')::VARCHAR AS counted,
    getvariable('month')::VARCHAR AS month,
    getvariable('rolling_clock')::VARCHAR AS rolling_clock,
    getvariable('rolling_edge')::VARCHAR AS rolling_edge,
    getvariable('revoked')::VARCHAR AS revoked,
    getvariable('imported')::VARCHAR AS imported
