"""What an installed tilewright holds: setuptools takes the packages that pyproject.toml lists, and no others."""

import re
from pathlib import Path

ROOT = Path(__file__).parent.parent


def test_every_folder_with_code_is_a_listed_package():
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    listed = re.findall(r'^    "(tilewright\.[\w.]+)",$', text[text.index("packages = [") :], re.MULTILINE)
    folders = {
        path.parent for top in ("compile", "models", "schedules", "tuning_logs") for path in (ROOT / top).rglob("*.py")
    }
    expected = {".".join(("tilewright", *folder.relative_to(ROOT).parts)) for folder in folders}
    assert sorted(listed) == sorted(expected)
    assert all((folder / "__init__.py").is_file() for folder in folders)
