-- One row per tame line of the chunk that is being read: an exchange in the API's own fields.
SELECT
    line,
    body
FROM read_json(
    getvariable('tame_lines'),
    columns = {
        line: 'BIGINT',
        body: 'STRUCT(
            loggedAt VARCHAR,
            endpoint VARCHAR,
            request STRUCT(
                badgeMetaId VARCHAR,
                requestId VARCHAR,
                customers VARCHAR[],
                customerId VARCHAR,
                customerIds VARCHAR[],
                issueEventDate VARCHAR,
                issueEventDateISO VARCHAR,
                earnEventDate VARCHAR,
                earnEventDateISO VARCHAR,
                triggeredBy STRUCT(ownerType VARCHAR, referenceId VARCHAR)
            ),
            response STRUCT(
                data STRUCT(
                    badgeMetaId VARCHAR,
                    requestId VARCHAR,
                    expiresOn VARCHAR,
                    expiresOnISO VARCHAR,
                    issuedBadges STRUCT(customerId VARCHAR, issuedId VARCHAR, error STRUCT(code VARCHAR))[],
                    customerId VARCHAR,
                    earnedBadgeId VARCHAR,
                    earnedBadgesList STRUCT(customerId VARCHAR, earnedBadgeId VARCHAR)[],
                    failedEarnBadgeErrorList STRUCT(customerId VARCHAR, errorCode VARCHAR)[]
                ),
                errors STRUCT(code VARCHAR)[]
            )
        )'
    },
    records = true,
    auto_detect = false,
    format = 'newline_delimited',
    hive_partitioning = false,
    maximum_object_size = 67108864
)
