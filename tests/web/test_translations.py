"""Every sentence of the interface has its English."""

import importlib.util
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]


def tool() -> ModuleType:
    specification = importlib.util.spec_from_file_location("translations", ROOT / "tools" / "translations.py")
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    return module


def test_every_message_has_complete_english() -> None:
    problems = tool().problems()
    assert not problems, "run `python tools/translations.py extract` and translate:\n" + "\n".join(problems)


def test_the_catalogue_holds_nothing_that_no_page_says() -> None:
    tools = tool()
    said = {message.id for place in tools.CATALOGUES for message in tools.extracted(place)}
    kept = {message.id for place in tools.CATALOGUES for message in tools.stored(place)}
    assert not kept - said, f"run `python tools/translations.py extract`: {kept - said}"
