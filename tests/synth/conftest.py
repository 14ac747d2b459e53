"""One small county, drawn and written once for all tests of it."""

from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest

from doudi.synth.county.whole import County, make_county
from doudi.synth.tables.departments import department_tables
from doudi.synth.tables.registry import registry_tables
from doudi.synth.write import Written, write_county

AS_OF = date(2023, 8, 1)
RULES = Path(__file__).parents[2] / "rules"
HOUSEHOLDS = 1200


@pytest.fixture(scope="session")
def county() -> County:
    return make_county(households=HOUSEHOLDS, seed=7, as_of=AS_OF)


@pytest.fixture(scope="session")
def tables(county: County) -> dict[str, pa.Table]:
    return registry_tables(county) | department_tables(county)


@pytest.fixture(scope="session")
def written(tmp_path_factory: pytest.TempPathFactory) -> Written:
    out = tmp_path_factory.mktemp("county")
    return write_county(households=HOUSEHOLDS, seed=7, out=out, rules_root=RULES, as_of=AS_OF)
