"""The language of the command line: Chinese, unless the terminal asks for English.

`DOUDI_LANGUAGE=en` or an English locale (`LANG=en_GB.UTF-8`) gives English; everything else gives Chinese, which is
also the source language of the messages. The catalogue is `locale/en/LC_MESSAGES/cli.po`.
"""

import gettext
import os
from pathlib import Path

LOCALE_ROOT = Path(__file__).parent / "locale"


def asked_language() -> str:
    """`en` or `zh`, from DOUDI_LANGUAGE, LC_ALL, LC_MESSAGES and LANG in this order."""
    for name in ("DOUDI_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG"):
        value = os.environ.get(name)
        if value:
            return "en" if value.lower().startswith("en") else "zh"
    return "zh"


translation = gettext.translation("cli", LOCALE_ROOT, languages=[asked_language()], fallback=True)
_ = translation.gettext
