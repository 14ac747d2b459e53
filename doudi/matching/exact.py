"""Link rows of a feed to registered persons by resident id alone, and count honestly what is left over."""

from dataclasses import dataclass

import duckdb
import pyarrow as pa


@dataclass(frozen=True)
class ExactLinks:
    """What became of a feed's rows.

    `rows`: row, person_key, household_key, household_key null where nobody in the registry has that id. Counts are
    rows: `linked`; `not_registered` (a sound id that the registry does not have: not every resident is registered);
    `without_id`; `in_several_households` (linked to the household in which the person is active, else the first).
    """

    rows: pa.Table
    linked: int
    not_registered: int
    without_id: int
    in_several_households: int

    @property
    def total(self) -> int:
        return self.linked + self.not_registered + self.without_id

    @property
    def sentence(self) -> str:
        return (
            f"共{self.total:,}行：按证件号码对上{self.linked:,}行，登记簿中查无此人{self.not_registered:,}行，"
            f"没有有效证件号码{self.without_id:,}行"
        )


def link_exact(feed: pa.Table, persons: pa.Table) -> ExactLinks:
    """Link by `person_key`. `feed`: row, person_key (of a snapshot); `persons`: person_key, household_key, status."""
    with duckdb.connect() as database:
        database.register("feed", feed.select(["row", "person_key"]))
        database.register("persons", persons.select(["person_key", "household_key", "status"]))
        rows = (
            database.sql("""
                SELECT feed.row, feed.person_key, home.household_key, coalesce(home.homes, 0) AS homes
                FROM feed LEFT JOIN (
                    SELECT person_key, arg_min(household_key, (status <> 'active', household_key)) AS household_key,
                        count(DISTINCT household_key) AS homes
                    FROM persons WHERE person_key IS NOT NULL GROUP BY person_key) home USING (person_key)
                ORDER BY feed.row
            """)
            .arrow()
            .read_all()
        )
        database.register("found", rows)
        counts = database.execute("""
            SELECT count(*) FILTER (homes > 0), count(*) FILTER (homes = 0 AND person_key IS NOT NULL),
                count(*) FILTER (person_key IS NULL), count(*) FILTER (homes > 1) FROM found
        """).fetchone()
    linked, not_registered, without_id, several = counts or (0, 0, 0, 0)
    return ExactLinks(rows.drop_columns(["homes"]), linked, not_registered, without_id, several)
