"""Who is in the registry twice: the same person in two rows, and two households that share their members.

Nothing is merged here: what comes out are proposals with what speaks for each, for a person to decide. A row is never
compared with itself, and a pair stands once, in the order of its keys. Only persons who count are compared: those dead
or moved out are no duplicates of anybody.
"""
# ruff: noqa: S608 - statements are made of constants and of levels that the model has checked

import math
from collections.abc import Iterable
from dataclasses import dataclass

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from doudi.matching.comparing import COLUMNS, conditions, evidence_json, weight_case
from doudi.matching.duplicate_model import DuplicateModel
from doudi.matching.likeness import Likeness, block_pairs, pair_levels
from doudi.matching.model import Model
from doudi.matching.names import NameReader, frequencies
from doudi.matching.records import prepared

PERSON, HOUSEHOLD, SPLIT = "person", "household", "split"
"""Kinds: one person in two rows; one household in two; a household whose members stand in another one too."""
MERGE, MOVE, MERGE_HOUSEHOLDS, CORRECT = "merge", "move", "merge_households", "correct"
"""What is suggested: one of the rows goes; the person left the other household; the households become one; one of two
persons has the other's id."""
PROPOSALS = pa.schema(
    [
        ("kind", pa.string()),
        ("a_household", pa.int64()),
        ("a_person", pa.int64()),
        ("b_household", pa.int64()),
        ("b_person", pa.int64()),
        ("a_region", pa.string()),
        ("b_region", pa.string()),
        ("score", pa.float64()),
        ("band", pa.string()),
        ("suggestion", pa.string()),
        ("stays", pa.string()),
        ("evidence", pa.string()),
        ("reason", pa.string()),
    ]
)
"""One line a pair, the surest first. `a` and `b` in the order of (person, household) key; of households without persons
(null). `stays`: which of the two should stay, a or b. `evidence`: JSON, field → level, or counts of members."""
NO_LONGER = ("dead", "moved_out")
BLOCKS: tuple[tuple[str, ...], ...] = (
    ("name_look", "birth_number"),
    ("name_sound", "birth_number", "village"),
    ("name_look", "birth_year", "village"),
)
"""Persons with different ids are compared when they agree in all columns of one of these."""
MARRIED_INTO = ("spouse", "daughter_in_law", "son_in_law", "head")
"""Relations in the household that somebody lives in, when the other household has them as son or daughter."""
GREW_UP_IN = ("son", "daughter", "grandson", "granddaughter", "daughters_son", "daughters_daughter", "sibling")
_KEYS = ("person_key", "household_key", "region_code", "relation", "id_sound")


@dataclass(frozen=True, slots=True)
class Duplicates:
    """`proposals` as `PROPOSALS`; `compared`: how many pairs were looked at."""

    proposals: pa.Table
    compared: int


def find_duplicates(
    persons: pa.Table, *, model: Model, duplicates: DuplicateModel, settled: Iterable[tuple[int, int]] = ()
) -> Duplicates:
    """Everybody who seems to be registered twice.

    `persons`: person_key, household_key, name, birth_date, sex, relation, region_code, status, and what there is of
    household_no, head_name, phone_key, maiden_region_code, id_form (`sound` when the key is of a sound id). `settled`:
    pairs of person keys that were decided to be different people, and are not proposed again.
    """
    there = persons.filter(pc.invert(pc.is_in(pc.fill_null(persons["status"], "active"), pa.array(NO_LONGER))))
    there = there.sort_by([("person_key", "ascending"), ("household_key", "ascending")])
    people = _prepared(there, model)
    with duckdb.connect() as database:
        database.register("sorted_people", people)
        database.execute("CREATE TEMP TABLE people AS SELECT * FROM sorted_people")
        database.register("names", _shares(people))
        database.execute(f"CREATE TEMP TABLE pairs AS {block_pairs((('person_key',), *BLOCKS), 'people')}")
        database.register("settled", _pairs_of(settled))
        database.execute(f"CREATE TEMP TABLE scored AS {_scored_sql(model, duplicates, there.num_rows)}")
        database.execute(f"CREATE TEMP TABLE twice AS {_kept_sql(duplicates)}")
        database.execute(f"CREATE TEMP TABLE homes AS {_homes_sql(duplicates)}")
        found = database.sql(_proposals_sql(model)).arrow().read_all().cast(PROPOSALS)
        [(compared,)] = database.sql("SELECT count(*) FROM pairs").fetchall()
    return Duplicates(found, int(compared))


def _pairs_of(settled: Iterable[tuple[int, int]]) -> pa.Table:
    pairs = [sorted(pair) for pair in settled]
    kind = pa.schema([("a", pa.int64()), ("b", pa.int64())])
    return pa.table([[a for a, _b in pairs], [b for _a, b in pairs]], schema=kind)


def _prepared(there: pa.Table, model: Model) -> pa.Table:
    if "id_form" in there.column_names:
        sound = pc.fill_null(pc.equal(there["id_form"], "sound"), False)
    else:
        sound = pa.array([True] * there.num_rows, pa.bool_())
    there = there.append_column("id_sound", sound)
    table = prepared(there, NameReader(model.names), kept=[*_KEYS])
    return table.append_column("n", pa.array(range(there.num_rows), pa.int64()))


def _shares(people: pa.Table) -> pa.Table:
    names, shares = frequencies(people["name_plain"].combine_chunks())
    return pa.table({"name_plain": names, "share": shares})


def _scored_sql(model: Model, duplicates: DuplicateModel, registered: int) -> str:
    """Every pair with the level of each field and its weight in bits, the odds of before included."""
    fields = conditions(model)
    compared = pair_levels(Likeness(COLUMNS, fields, BLOCKS), "pairs", "people", kept=[*_KEYS, "name_plain"])
    own = ", ".join(f"{one}_{end} AS {side}_{one}" for side, end in (("a", "l"), ("b", "r")) for one in _KEYS)
    number = "CASE WHEN a_person_key = b_person_key THEN 'same' WHEN a_id_sound AND b_id_sound THEN 'other' END"
    weights = {level.id: level.weight for level in duplicates.number.levels}
    of_number = f"CASE number WHEN 'same' THEN {weights['same']!r} WHEN 'other' THEN {weights['other']!r} ELSE 0.0 END"
    others = " + ".join(weight_case(model, field, field) for field in fields)
    expected = model.persons.fields["name"].level("same").u
    floor = model.persons.prior.namesakes_floor
    rare = f"CASE WHEN name = 'same' THEN log2({expected!r} / greatest(share, {floor!r})) ELSE 0.0 END"
    return f"""
        SELECT * EXCLUDE (share), {duplicates.prior_weight(registered)!r} + {of_number} + {others} + {rare} AS weight
        FROM (SELECT a AS a_n, b AS b_n, {own}, {", ".join(fields)}, {number} AS number, share
            FROM ({compared}) LEFT JOIN names ON names.name_plain = name_plain_l)
    """


def _kept_sql(duplicates: DuplicateModel) -> str:
    """Pairs worth a person's look: likely enough, no twins, and not decided before."""
    needs = " AND ".join(
        f"({field} IS NULL OR {field} IN {_listed(levels)})" if field == "home" else f"{field} IN {_listed(levels)}"
        for field, levels in (
            ("name", duplicates.needs.name), ("birth", duplicates.needs.birth), ("home", duplicates.needs.home)
        )
    )  # fmt: skip
    proven = "number = 'other'"
    at_home = f"""CASE WHEN number = 'same' OR a_household_key <> b_household_key THEN true
        WHEN {proven} THEN name IN {_listed(duplicates.siblings)}
        ELSE name IN {_listed(duplicates.siblings_unproven)} END"""
    same_house = "a_household_key = b_household_key"
    suggestion = f"""CASE WHEN number = 'same' AND coalesce(name, '') NOT IN {_listed(duplicates.siblings_unproven)}
            THEN '{CORRECT}' WHEN {same_house} THEN '{MERGE}'
        WHEN {_left("a")} OR {_left("b")} THEN '{MOVE}' ELSE '{MERGE}' END"""
    stays = f"""CASE WHEN {_left("a")} THEN 'b' WHEN {_left("b")} THEN 'a'
        WHEN b_id_sound AND NOT a_id_sound THEN 'b' ELSE 'a' END"""
    return f"""
        SELECT *, pow(2.0, least(weight, 60.0)) / (1.0 + pow(2.0, least(weight, 60.0))) AS score,
            CASE WHEN weight >= {_bits(duplicates.sure)!r} AND {needs} AND coalesce(number, '') <> 'other'
                THEN 'sure' ELSE 'doubtful' END AS band,
            {suggestion} AS suggestion, {stays} AS stays
        FROM scored
        WHERE (weight >= {_bits(duplicates.doubtful)!r} OR number = 'same') AND {at_home}
            AND NOT EXISTS (SELECT 1 FROM settled WHERE settled.a = a_person_key AND settled.b = b_person_key)
    """


def _left(side: str) -> str:
    """Whether the person seems to have left that household for the other one, by marriage."""
    other = "b" if side == "a" else "a"
    return (
        f"(coalesce({side}_relation IN {_listed(GREW_UP_IN)}, false)"
        f" AND coalesce({other}_relation IN {_listed(MARRIED_INTO)}, false))"
    )


def _homes_sql(duplicates: DuplicateModel) -> str:
    """Pairs of households that share enough members; the one with more stays."""
    return f"""
        WITH size AS (SELECT household_key, any_value(region_code) AS region_code, count(*) AS members FROM people
            GROUP BY household_key),
        shared AS (
            SELECT least(a_household_key, b_household_key) AS a, greatest(a_household_key, b_household_key) AS b,
                count(DISTINCT a_person_key) AS shared, max(score) AS score, bool_and(band = 'sure') AS sure,
                bool_or(a_relation = 'head' AND b_relation = 'head') AS one_head
            FROM twice WHERE a_household_key <> b_household_key AND suggestion <> '{CORRECT}' GROUP BY 1, 2)
        SELECT shared.*, x.members AS a_members, y.members AS b_members, x.region_code AS a_region,
            y.region_code AS b_region
        FROM shared JOIN size x ON x.household_key = a JOIN size y ON y.household_key = b
        WHERE shared >= {duplicates.household.shared}
            AND shared >= {duplicates.household.share!r} * least(x.members, y.members)
    """


def _proposals_sql(model: Model) -> str:
    """Households first, then the persons who are not told of by a pair of households."""
    return f"""
        SELECT CASE WHEN one_head THEN '{HOUSEHOLD}' ELSE '{SPLIT}' END AS kind, a AS a_household,
            NULL AS a_person, b AS b_household, NULL AS b_person, a_region, b_region, score,
            CASE WHEN sure AND one_head THEN 'sure' ELSE 'doubtful' END AS band,
            '{MERGE_HOUSEHOLDS}' AS suggestion, CASE WHEN b_members > a_members THEN 'b' ELSE 'a' END AS stays,
            '{{"shared":' || shared || ',"a_members":' || a_members || ',"b_members":' || b_members || '}}' AS evidence,
            CASE WHEN one_head THEN '两户户主是同一人，' ELSE '' END || '一户' || a_members || '人、另一户'
                || b_members || '人，其中' || shared || '人相同' AS reason
        FROM homes
        UNION ALL
        SELECT '{PERSON}', a_household_key, a_person_key, b_household_key, b_person_key, a_region_code, b_region_code,
            score, band, suggestion, stays, {evidence_json()},
            CASE WHEN suggestion = '{CORRECT}' THEN '证件号码相同而姓名不同，其中一人的证件号码可能登记错了'
                WHEN suggestion = '{MOVE}' THEN '同一人在原来的家和婚后的家都在册'
                WHEN number = 'same' AND a_household_key <> b_household_key THEN '同一证件号码在两户都在册'
                WHEN number = 'same' THEN '同一证件号码在一户内登记了两次'
                ELSE concat_ws('，', {_titles(model, "name")}, {_titles(model, "birth")}, {_titles(model, "home")},
                    CASE number WHEN 'other' THEN '证件号码不同' ELSE '其中一人没有有效证件号码' END) END
        FROM twice WHERE NOT EXISTS (SELECT 1 FROM homes WHERE homes.a = least(a_household_key, b_household_key)
            AND homes.b = greatest(a_household_key, b_household_key)) OR suggestion = '{CORRECT}'
        ORDER BY kind, band DESC, score DESC, a_household, a_person, b_household, b_person
    """


def _titles(model: Model, field: str) -> str:
    """What the level of a field is called for people; NULL where the field says nothing."""
    when = " ".join(f"WHEN '{level.id}' THEN '{level.title}'" for level in model.fields[field].levels)
    return f"CASE {field} {when} END"


def _listed(values: Iterable[str]) -> str:
    return "(" + ", ".join(f"'{value}'" for value in values) + ")"


def _bits(probability: float) -> float:
    return math.log2(probability / (1.0 - probability)) if probability < 1.0 else 1000.0
