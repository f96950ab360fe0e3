"""Names of runs stay short, whatever a person has pasted as a parameter."""

from domain.run_names import run_name


def test_a_pasted_address_is_named_by_its_end() -> None:
    address = "http://127.0.0.1:4200/runs/flow-run/1967f0bf-b9d9-47ff-a0a6-7353334d94db?tab=Logs"
    assert "· 1967f0bf-b9d9-47ff-a0a6-7353334d94db ·" in run_name("retry", "{run}").format(run=address)


def test_a_long_text_is_cut() -> None:
    name = run_name("retry", "{run}").format(run="x" * 500)
    assert len(name) < 80
    assert "…" in name


def test_a_slug_stays_as_it_is() -> None:
    assert run_name("nightly").format(firm="harrow-pike").startswith("nightly · harrow-pike · ")
