"""Who are the persons of a dirty feed? doudi's matching, Splink alone, and the plain id, each in a fresh process.

A made-up registry (with twins and namesakes) and a made-up sheet about its persons and others, spoiled in the usual
ways; the truth of each row is known. Splink alone gets what doudi gets and the registry's plain ids besides, usual
comparisons and blocking, u from random pairs and m by expectation maximisation in the same run; every row goes to its
best candidate. Its threshold is the one that gives the best F1, chosen with the truth in hand. F1 is compared
like with like: every row's best candidate, down to the threshold that gives each its best F1.

    bench/matching_county.py [--rows 100000] [--persons 400000] [--seed 1] [--quick]
    bench/matching_county.py --estimate    # what these data say about the model's m and u, level by level
"""

import argparse
import csv
import json
import os
import platform
import resource
import subprocess
import sys
import time
from collections.abc import Callable
from datetime import date
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

ROOT = Path(__file__).resolve().parents[1]
AS_OF = date(2023, 8, 1)
SECRET = "synthetic county for matching"
PERSONS_A_HOUSEHOLD = 3.48
AIMS = {"precision": 0.9999, "recall": 0.97, "doubtful": 0.02, "times": 5.0}
WAYS = ("doudi", "splink", "exact")
NAMES = {"doudi": "doudi", "splink": "Splink alone", "exact": "id as written"}
Found = tuple[pa.Table, float]
"""row, person_key, weight (higher is surer), band; and the seconds from tables in memory to links."""


def make_data(folder: Path, persons: int, rows: int, seed: int) -> None:
    """The registry, the feed and the truth as Parquet; kept between runs."""
    from doudi.standards.pseudonym import Pseudonymiser
    from doudi.synth.county.whole import make_county
    from doudi.synth.dirty_feed import make_dirty_feed

    if (folder / "done").exists():
        return
    folder.mkdir(parents=True, exist_ok=True)
    county = make_county(households=round(persons / PERSONS_A_HOUSEHOLD), seed=seed, as_of=AS_OF)
    feed = make_dirty_feed(county, rows=rows, seed=seed, pseudonymiser=Pseudonymiser.from_secret(SECRET))
    pq.write_table(feed.rows, folder / "rows.parquet")
    pq.write_table(feed.truth, folder / "truth.parquet")
    pq.write_table(feed.persons, folder / "persons.parquet")
    pq.write_table(pa.table({"resident_id": feed.resident_ids}), folder / "ids.parquet")
    (folder / "done").write_text("", encoding="utf-8")


def by_doudi(rows: pa.Table, persons: pa.Table, ids: pa.Table) -> Found:
    from doudi.matching.matching import match
    from doudi.matching.model import load_model
    from doudi.standards.pseudonym import Pseudonymiser

    model, pseudonymiser = load_model(ROOT / "rules"), Pseudonymiser.from_secret(SECRET)
    started = time.perf_counter()
    found = match(rows, persons, pseudonymiser=pseudonymiser, model=model, on=AS_OF)
    seconds = time.perf_counter() - started
    return found.links.select(["row", "person_key", "band"]).append_column("weight", found.links["score"]), seconds


def by_exact_id(rows: pa.Table, persons: pa.Table, ids: pa.Table) -> Found:
    from doudi.feeds.resident_ids import sound_ids
    from doudi.matching.exact import link_exact
    from doudi.standards.pseudonym import Pseudonymiser
    from doudi.standards.resident_id import normalise

    pseudonymiser = Pseudonymiser.from_secret(SECRET)
    started = time.perf_counter()
    sound = sound_ids([normalise(one) if one else "" for one in rows["id_text"].to_pylist()])
    keys = pa.array(pseudonymiser.person_keys(sound), pa.int64())
    links = link_exact(rows.select(["row"]).append_column("person_key", keys), persons).rows
    seconds = time.perf_counter() - started
    band = ["none" if home is None else "sure" for home in links["household_key"].to_pylist()]
    return links.select(["row", "person_key"]).append_column("band", pa.array(band)).append_column(
        "weight", pa.array(np.ones(len(band)))
    ), seconds


def by_splink(rows: pa.Table, persons: pa.Table, ids: pa.Table) -> Found:
    import duckdb
    import splink.comparison_library as cl
    from splink import DuckDBAPI, Linker, SettingsCreator, block_on

    from doudi.standards.resident_id import birth_date, check, normalise, sex

    started = time.perf_counter()
    texts = [normalise(one) if one else None for one in rows["id_text"].to_pylist()]
    sound = [one if one and check(one, on=AS_OF).ok else None for one in texts]
    feed = pa.table(
        {
            "unique_id": rows["row"],
            "id_text": pa.array(texts, pa.string()),
            "name": rows["name"],
            "birth": [
                own or (birth_date(one) if one else None)
                for own, one in zip(rows["birth_date"].to_pylist(), sound, strict=True)
            ],
            "sex": [
                own or (sex(one).value if one else None)
                for own, one in zip(rows["sex"].to_pylist(), sound, strict=True)
            ],
            "household_no": rows["household_no"],
            "head_name": rows["head_name"],
            "village": rows["village_code"],
        }
    )  # fmt: skip
    registry = pa.table(
        {
            "unique_id": persons["person_key"],
            "id_text": ids["resident_id"],
            "name": persons["name"],
            "birth": persons["birth_date"],
            "sex": persons["sex"],
            "household_no": persons["household_no"],
            "head_name": persons["head_name"],
            "village": persons["region_code"],
        }
    )
    database = duckdb.connect()
    api = DuckDBAPI(connection=database)
    tables = [
        api.register(feed, dataset_display_name="a_rows"),
        api.register(registry, dataset_display_name="b_persons"),
    ]
    settings = SettingsCreator(
        link_type="link_only",
        comparisons=[
            cl.DamerauLevenshteinAtThresholds("id_text", [1, 2]),
            cl.JaroWinklerAtThresholds("name", [0.9, 0.7]).configure(term_frequency_adjustments=True),
            cl.DateOfBirthComparison("birth", input_is_string=False),
            cl.ExactMatch("sex"),
            cl.ExactMatch("household_no"),
            cl.ExactMatch("head_name").configure(term_frequency_adjustments=True),
            cl.ExactMatch("village"),
        ],
        blocking_rules_to_generate_predictions=[
            block_on("id_text"),
            block_on("name", "birth"),
            block_on("name", "village"),
            block_on("birth", "village"),
            block_on("household_no", "sex"),
            block_on("substr(id_text, 1, 14)"),
            block_on("name", "substr(id_text, 7, 8)"),
        ],
        retain_intermediate_calculation_columns=False,
    )
    linker = Linker(tables, settings, log_level=None)
    training = linker.training
    training.estimate_probability_two_random_records_match(
        [block_on("id_text"), block_on("name", "birth", "village")], recall=0.9
    )
    training.estimate_u_using_random_sampling(max_pairs=10_000_000, seed=1)
    training.estimate_parameters_using_expectation_maximisation(block_on("id_text"))
    training.estimate_parameters_using_expectation_maximisation(block_on("name", "birth"))
    training.estimate_parameters_using_expectation_maximisation(block_on("birth", "village"))
    predicted = linker.inference.predict(threshold_match_probability=0.01)
    best = (
        database.sql(f"""
            SELECT unique_id_l AS row, arg_max(unique_id_r, match_weight) AS person_key, max(match_weight) AS weight
            FROM {predicted.physical_name} GROUP BY 1""")
        .arrow()
        .read_all()
    )
    seconds = time.perf_counter() - started
    return best.append_column("band", pa.array(["sure"] * best.num_rows)), seconds


BY: dict[str, Callable[[pa.Table, pa.Table, pa.Table], Found]] = {
    "doudi": by_doudi,
    "splink": by_splink,
    "exact": by_exact_id,
}


def one_way(way: str, folder: Path) -> dict[str, Any]:
    rows, persons, ids = (pq.read_table(folder / f"{name}.parquet") for name in ("rows", "persons", "ids"))
    links, seconds = BY[way](rows, persons, ids)
    truth = pq.read_table(folder / "truth.parquet")
    return {
        "seconds": seconds,
        "peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        "rows": rows.num_rows,
        "persons": persons.num_rows,
        "splink": version("splink"),
        **scored(links, truth, choose=way == "splink"),
    }


def scored(links: pa.Table, truth: pa.Table, *, choose: bool) -> dict[str, Any]:
    """Precision and recall of the links. `choose`: only those from the weight on that gives the best F1."""
    meant = dict(zip(truth["row"].to_pylist(), truth["person_key"].to_pylist(), strict=True))
    true_links = sum(key is not None for key in meant.values())
    lines = links.to_pylist()

    def ranked(bands: tuple[str, ...]) -> tuple[Any, Any, Any]:
        chosen = sorted(
            (one for one in lines if one["band"] in bands), key=lambda one: (one["band"] != "sure", -one["weight"])
        )
        right = np.array([meant[one["row"]] == one["person_key"] for one in chosen], np.int64)
        number = np.arange(1, len(chosen) + 1)
        return right.cumsum(), number, 2 * right.cumsum() / (number + true_links)

    so_far, number, f1 = ranked(("sure",))
    last = int(f1.argmax()) if choose else len(number) - 1
    doubtful = [one for one in lines if one["band"] == "doubtful"]
    in_doubt = sum(meant[one["row"]] == one["person_key"] for one in doubtful)
    at_precision = np.flatnonzero(so_far / number >= AIMS["precision"])
    return {
        "true_links": true_links,
        "links": last + 1,
        "wrong": int(number[last] - so_far[last]),
        "precision": float(so_far[last] / number[last]),
        "recall": float(so_far[last] / true_links),
        "f1": float(f1[last]),
        "f1_best_candidate": float(ranked(("sure", "doubtful"))[2].max()),
        "recall_at_precision": float(so_far[at_precision[-1]] / true_links) if len(at_precision) else 0.0,
        "doubtful": len(doubtful),
        "doubtful_share": len(doubtful) / len(meant),
        "doubtful_first_right": in_doubt,
        "none": len(meant) - (last + 1) - len(doubtful),
        "none_missed": true_links - int(so_far[last]) - sum(meant[one["row"]] is not None for one in doubtful),
    }


def estimate(folder: Path) -> None:
    """Print the model's m and u beside those of the data."""
    from doudi.matching.estimating import estimated
    from doudi.matching.model import load_model
    from doudi.standards.pseudonym import Pseudonymiser

    rows, persons = (pq.read_table(folder / f"{name}.parquet") for name in ("rows", "persons"))
    model, pseudonymiser = load_model(ROOT / "rules"), Pseudonymiser.from_secret(SECRET)
    found = estimated(rows, persons, pseudonymiser=pseudonymiser, model=model, on=AS_OF)
    print("| field | level | m | m of the data | u | u of the data |", "|---|---|---:|---:|---:|---:|", sep="\n")
    for one in found.to_pylist():
        here = ["" if one[name] is None else f"{one[name]:.6f}" for name in ("m_here", "u_here")]
        print(f"| {one['field']} | {one['level']} | {one['m']:.6f} | {here[0]} | {one['u']:.6f} | {here[1]} |")


def in_fresh_process(way: str, folder: Path) -> dict[str, Any]:
    command = [sys.executable, __file__, "--one", way, "--data", str(folder)]
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True, cwd=ROOT)
    found: dict[str, Any] = json.loads(done.stdout.strip().splitlines()[-1])
    return found


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--persons", type=int, default=400_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--quick", action="store_true", help="a small county, to see that everything works")
    parser.add_argument("--estimate", action="store_true", help="m and u of these data, beside the model's")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--data", type=Path, help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.one:
        print(json.dumps(one_way(given.one, given.data)))
        return
    if given.quick:
        given.rows, given.persons = 5_000, 20_000
    folder = ROOT / "bench" / "data" / f"matching-{given.persons}-{given.rows}-{given.seed}"
    make_data(folder, given.persons, given.rows, given.seed)
    if given.estimate:
        estimate(folder)
        return
    found = {}
    for way in WAYS:
        found[way] = in_fresh_process(way, folder)
        print(f"{NAMES[way]}: {found[way]['seconds']:.1f} s", flush=True)
    report(found, given.seed, keep=not given.quick)


def report(found: dict[str, dict[str, Any]], seed: int, *, keep: bool) -> None:
    ours, theirs = found["doudi"], found["splink"]
    times = theirs["seconds"] / ours["seconds"]
    lines = [
        "# Matching a dirty feed with the registry",
        "",
        f"{ours['rows']:,} rows against {ours['persons']:,} registered persons; {ours['true_links']:,} rows are about "
        f"one of them (seed {seed}). {os.cpu_count()} cores, Python {platform.python_version()}, "
        f"Splink {ours['splink']} on DuckDB. Seconds from tables in memory to links; each way in a fresh process.",
        "",
        "| way | links | wrong | precision | recall | F1 | F1, best candidates "
        "| doubtful rows | share | seconds | memory, MB |",
        "|---|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|",
    ]
    for way in WAYS:
        one = found[way]
        lines.append(
            f"| {NAMES[way]} | {one['links']:,} | {one['wrong']} | {one['precision']:.5f} | {one['recall']:.4f} "
            f"| {one['f1']:.4f} | {one['f1_best_candidate']:.4f} | {one['doubtful']:,} | {one['doubtful_share']:.2%} "
            f"| {one['seconds']:.1f} | {one['peak_mb']:,.0f} |"
        )

    def aim(reached: bool) -> str:
        return "reached" if reached else "not reached"

    lines += [
        "",
        f"- sure band: precision {ours['precision']:.5f} (at least {AIMS['precision']}): "
        f"{aim(ours['precision'] >= AIMS['precision'])}; recall {ours['recall']:.4f} (at least {AIMS['recall']}): "
        f"{aim(ours['recall'] >= AIMS['recall'])}",
        f"- doubtful band: {ours['doubtful_share']:.2%} of the rows (at most {AIMS['doubtful']:.0%}): "
        f"{aim(ours['doubtful_share'] <= AIMS['doubtful'])}; the first candidate is the right one in "
        f"{ours['doubtful_first_right']:,} of {ours['doubtful']:,}",
        f"- no match: {ours['none']:,} rows, of which {ours['none_missed']} are registered all the same",
        f"- {times:.1f} times faster than Splink alone (at least {AIMS['times']:.0f}): {aim(times >= AIMS['times'])}; "
        f"F1 of best candidates {ours['f1_best_candidate']:.4f} against {theirs['f1_best_candidate']:.4f}: "
        f"{aim(ours['f1_best_candidate'] >= theirs['f1_best_candidate'])} (of the sure band alone {ours['f1']:.4f})",
        f"- Splink alone at a precision of {AIMS['precision']} would find {theirs['recall_at_precision']:.4f} "
        "of the true links",
        "",
    ]
    where = ROOT / "bench" / "results" if keep else ROOT / "bench" / "data"
    where.mkdir(parents=True, exist_ok=True)
    with (where / "matching_county.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, ["way", *ours])
        writer.writeheader()
        writer.writerows({"way": way, **found[way]} for way in WAYS)
    (where / "matching_county.md").write_text("\n".join(lines), encoding="utf-8")
    print("\n".join(lines))


if __name__ == "__main__":
    main()
