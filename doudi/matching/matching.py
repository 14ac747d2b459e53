"""Which registered person each row of a feed is about: by id, by id put right, by likeness; sure, doubtful or nobody.

Precision comes first: a row is linked only when nothing in it speaks for somebody else. What is left between sure and
nobody is for a person to decide, with the candidates and what speaks for each.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doudi.feeds.resident_ids import sound_ids
from doudi.matching.bands import banded
from doudi.matching.model import Model
from doudi.matching.names import NameReader
from doudi.matching.probable import probable_pairs
from doudi.matching.proposals import propose
from doudi.matching.records import births_and_sexes, numbered, prepared, told
from doudi.matching.written import written_keys
from doudi.standards.pseudonym import Pseudonymiser
from doudi.standards.resident_id import normalise

DECISIONS = pa.schema([("written_key", pa.int64()), ("person_key", pa.int64())])
"""What persons decided about rows as they are written, one line each; person_key null: nobody in the registry."""


@dataclass(frozen=True, slots=True)
class Matching:
    """What became of the rows.

    `links`, one line a row in the order of the rows: row, written_key, person_key, household_key, method (exact |
    repaired | probable | decided, null: none), score (0–1), band (sure | doubtful | none), model_version, slip (what
    was put right in the id, null), evidence (JSON: field → level of the model). In the doubtful band `person_key` is
    the first candidate, not a link.
    `candidates`: row, rank from 1, person_key, household_key, method, score, slip, evidence of the doubtful rows.
    `counts`: rows by band (sure, doubtful, none), sure rows by method (exact, repaired, probable; decided includes
    those decided to be nobody), `not_registered` (a sound id that nobody in the registry has), `without_id`.
    """

    links: pa.Table
    candidates: pa.Table
    counts: Mapping[str, int]
    model_version: str

    @property
    def linked(self) -> pa.Table:
        """The lines that count as links: those of the sure band."""
        return self.links.filter(pc.equal(self.links["band"], "sure"))


def match(
    rows: pa.Table,
    persons: pa.Table,
    *,
    pseudonymiser: Pseudonymiser,
    model: Model,
    decisions: pa.Table | None = None,
    on: date | None = None,
) -> Matching:
    """Find the person of every row.

    `rows`: row (unique), id_text (as written, null), and what there is of person_key (made from `id_text` when the
    column is missing), name, birth_date, sex, household_no, head_name, village_code, phone_key.
    `persons`: person_key, household_key, status, and what there is of household_no, name, sex, birth_date, region_code,
    head_name, phone_key, maiden_region_code, id_form (`sound` when the key is that of a sound id; without the column
    all are, as are those of null).
    `decisions`: as `DECISIONS`, the last about a row when it has several. `on`: nobody was born after it (today).

    Rows are never compared with each other; two may link to one person. Nothing is decrypted.
    """
    on = on or date.today()
    texts: list[str | None] = rows.column("id_text").cast(pa.string()).to_pylist()
    with duckdb.connect() as database:
        people = load(database, rows, persons, pseudonymiser=pseudonymiser, model=model, on=on)
        made = (decisions if decisions is not None else DECISIONS.empty_table()).select(DECISIONS.names)
        database.register("decisions", made.append_column("place", numbered(len(made))))
        database.execute(_DECIDED)
        propose(database, texts, model=model, pseudonymiser=pseudonymiser, on=on)
        left = database.sql(_LEFT).arrow().read_all()
        pairs = probable_pairs(database, left, people, model=model)
        found = banded(database, pairs, model=model, registered=people.num_rows)
    return Matching(found.links, found.candidates, found.counts, model.version)


def load(
    database: duckdb.DuckDBPyConnection,
    rows: pa.Table,
    persons: pa.Table,
    *,
    pseudonymiser: Pseudonymiser,
    model: Model,
    on: date,
) -> pa.Table:
    """Register `feed` and `people`, both prepared for comparing, and give the people. Arguments as of `match`."""
    reader = NameReader(model.names)
    texts: list[str | None] = rows.column("id_text").cast(pa.string()).to_pylist()
    homes = _homes(database, persons)
    people = prepared(homes, reader, kept=("person_key", "household_key"))
    people = people.append_column("number_sound", _registered_by_id(homes))
    database.register("feed", _feed(rows, texts, reader, pseudonymiser, on))
    database.register("people", people)
    return people


_DECIDED = """
    CREATE OR REPLACE TEMP TABLE decided AS
    SELECT feed.row, latest.person_key FROM feed JOIN (
        SELECT written_key, person_key, row_number() OVER (PARTITION BY written_key ORDER BY place DESC) AS turn
        FROM decisions) latest ON latest.written_key = feed.written_key AND latest.turn = 1
    WHERE latest.person_key IS NULL OR latest.person_key IN (SELECT person_key FROM people)
"""
"""The last decision counts. One for somebody who has left the registry counts no longer."""
_LEFT = """
    SELECT * FROM feed WHERE written_key IS NOT NULL AND row NOT IN (SELECT row FROM decided)
        AND row NOT IN (SELECT row FROM proposals WHERE band = 'sure')
"""


def _feed(
    rows: pa.Table, texts: list[str | None], reader: NameReader, pseudonymiser: Pseudonymiser, on: date
) -> pa.Table:
    """The rows prepared, with position, key, number_sound, own_birth, own_sex and written_key."""
    if "person_key" in rows.column_names:
        keys = rows.column("person_key").combine_chunks().cast(pa.int64())
    else:
        sound = sound_ids([normalise(one) if one else "" for one in texts])
        keys = pa.array(pseudonymiser.person_keys(sound), pa.int64())
    births, sexes = births_and_sexes(texts, on=on)
    feed = prepared(rows, reader, kept=("row",), birth=births, sex=sexes)
    feed = feed.set_column(0, "row", feed["row"].cast(pa.int64()))
    columns = [feed[name].combine_chunks() for name in ("name_plain", "birth_number", "village")]
    added = {
        "position": numbered(len(feed)),
        "key": keys,
        "number_sound": pc.is_valid(keys),
        "own_birth": told(rows, "birth_date"),
        "own_sex": told(rows, "sex"),
        "written_key": written_keys(texts, columns[0], columns[1], columns[2], pseudonymiser),
    }
    for name, column in added.items():
        feed = feed.append_column(name, column)
    return feed


def _homes(database: duckdb.DuckDBPyConnection, persons: pa.Table) -> pa.Table:
    """One line a person: of several households the one in which the person is active, else the first."""
    database.register(
        "persons",
        persons.select(["person_key", "household_key", "status"]).append_column("place", numbered(len(persons))),
    )
    places = (
        database.sql("""
        SELECT arg_min(place, (coalesce(status, '') <> 'active', household_key)) AS place FROM persons
        WHERE person_key IS NOT NULL GROUP BY person_key ORDER BY place
    """)
        .arrow()
        .read_all()
    )
    return persons.take(places["place"].combine_chunks())


def _registered_by_id(persons: pa.Table) -> pa.Array:
    if "id_form" not in persons.column_names:
        return pa.array([True] * persons.num_rows, pa.bool_())
    return pc.fill_null(pc.equal(persons["id_form"].combine_chunks(), "sound"), True)
