"""The documentation builds without a warning, and what it tells people to type exists."""

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
each_page = pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))


def test_it_builds_with_every_link_and_anchor_in_order(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(tmp_path)]
    built = subprocess.run(
        command, cwd=ROOT, env=os.environ | {"NO_MKDOCS_2_WARNING": "1"}, capture_output=True, text=True, check=False
    )
    assert built.returncode == 0, built.stderr
    assert (tmp_path / "alerts.html").exists()
    pages = "".join(page.read_text() for page in tmp_path.rglob("*.html"))
    outside = set(re.findall(r'(?:src|href)="(https?://[^"/]+)', pages))
    assert not {host for host in outside if "fonts" in host or "unpkg" in host or "cdn" in host}


@each_page
def test_links_of_pages_that_mkdocs_does_not_build_lead_somewhere(page: Path) -> None:
    for target in re.findall(r"\]\((?!https?:)([^)#]+)[^)]*\)", page.read_text()):
        assert (page.parent / target).exists(), target


@each_page
def test_every_module_and_make_target_it_names_exists(page: Path) -> None:
    text = page.read_text()
    for module in set(re.findall(r"python -m ([a-z_.]+)", text)) - {"pip"}:
        assert importlib.util.find_spec(module.rstrip(".")), module
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z]+)", text)) <= targets


@each_page
def test_every_deployment_it_names_is_deployed(page: Path) -> None:
    declared = yaml.safe_load((ROOT / "prefect.yaml").read_text())["deployments"]
    flows = {path.stem for path in (ROOT / "flows").glob("*.py")} | {"reconcile_deployments"}
    known = {f"{one['entrypoint'].rpartition('.')[2]}/{one['name']}" for one in declared}
    named = re.findall(rf"\b({'|'.join(sorted(flows))})/([a-z-]+)", page.read_text())
    assert {f"{flow}/{name}" for flow, name in named} - known == set()


def test_the_alerts_chapters_are_there() -> None:
    from deployments.automations import ALERTS  # noqa: PLC0415 - only here

    headings = set(re.findall(r"^## (.+)$", (ROOT / "docs" / "alerts.md").read_text(), re.MULTILINE))
    assert {alert.chapter for alert in ALERTS} <= headings
