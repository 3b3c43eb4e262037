"""Data in a script of the page."""

import json
from typing import Any


def script_json(data: Any) -> str:
    """Spell data so that no label can end the script it stands in."""
    text = json.dumps(data, ensure_ascii=True, separators=(",", ":"))
    for letter in "<>&":
        text = text.replace(letter, f"\\u{ord(letter):04x}")
    return text
