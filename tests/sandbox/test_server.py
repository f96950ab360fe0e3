import subprocess
import sys

import httpx

from sandbox.seed import WorldOptions
from sandbox.testing import SandboxServer


def test_health_world_and_troubles(server, plain):
    assert plain.get("/__sandbox__/health").json()["ok"] is True
    world = plain.get("/__sandbox__/world").json()
    assert [firm["slug"] for firm in world["firms"]] == ["harrow-pike", "lark-quill", "ashdown-rowe"]
    troubles = plain.get("/__sandbox__/troubles", params={"firm": "harrow-pike"}).json()
    assert troubles["no_attorney"] == server.world.firm("harrow-pike").troubles["no_attorney"]


def test_unknown_paths_say_what_there_is(plain):
    lost = plain.get("/clio/mars/api/v4/matters")
    assert lost.status_code == 404
    assert "us, eu, ca, au" in lost.json()["error"]


def test_seeding_replaces_the_world_and_every_state(server, plain, clio):
    assert clio.get("/matters.json").status_code == 200
    seeded = plain.post("/__sandbox__/seed", json={"matters": 12, "firms": 1, "trouble_free": True}).json()
    assert [firm["matters"] for firm in seeded["firms"]] == [12]
    assert clio.get("/matters.json").status_code == 401
    connection = plain.post("/__sandbox__/clio/token", json={"firm": "harrow-pike"}).json()
    headers = {"Authorization": f"Bearer {connection['access_token']}"}
    listed = plain.get(connection["api_base"] + "/matters.json", headers=headers).json()
    assert listed["meta"]["records"] == 12
    plain.post("/__sandbox__/seed", json={"matters": 450, "firms": 3, "trouble_free": False})


def test_a_wrong_control_call_says_so(plain):
    assert plain.post("/__sandbox__/seed", json={"mattrs": 1}).status_code == 400
    assert plain.post("/__sandbox__/limits", json={"clio": {"request": 1}}).status_code == 400
    assert plain.post("/__sandbox__/faults", content=b"{").status_code == 400


def test_clock_and_request_log_by_the_control_routes(server, plain, clio):
    frozen = plain.post("/__sandbox__/clock", json={"freeze": "2026-03-01T12:00:00+00:00", "advance": 60}).json()
    assert frozen == {"now": "2026-03-01T12:01:00+00:00", "frozen": True}
    clio.get("/matters.json")
    log = plain.get("/__sandbox__/requests", params={"vendor": "clio"}).json()
    assert log["routes"] == {"clio/us": {"GET /api/v4/matters": 1}}
    assert log["recent"][0]["status"] == 200
    plain.delete("/__sandbox__/requests")
    assert plain.get("/__sandbox__/requests").json()["total"] == 0
    assert plain.delete("/__sandbox__/clock").json()["frozen"] is False


def test_two_servers_share_nothing():
    with SandboxServer(WorldOptions(matters=3)) as one, SandboxServer(WorldOptions(matters=4)) as two:
        one.controls.clock.freeze()
        sizes = [httpx.get(f"{each.url}/__sandbox__/world").json()["firms"][0]["matters"] for each in (one, two)]
        assert sizes == [3, 4]
        assert not two.controls.clock.frozen


def test_the_command_line_serves_and_says_where():
    command = [sys.executable, "-m", "sandbox", "--port", "0", "--matters", "20", "--no-limits"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        line = process.stdout.readline()
        address = line.split()[2].removesuffix("/clio/us")
        assert httpx.get(f"{address}/__sandbox__/health").status_code == 200
        assert not httpx.get(f"{address}/__sandbox__/limits").json()["clio"]["on"]
    finally:
        process.terminate()
        process.wait(10)


def test_a_thousand_firms_are_there_in_seconds_and_in_little_memory():
    code = (
        "import re, time\n"
        "from pathlib import Path\n"
        "from sandbox.seed import WorldOptions\n"
        "from sandbox.server import Sandbox\n"
        "started = time.perf_counter()\n"
        "sandbox = Sandbox(WorldOptions(firms=1000, matters=2))\n"
        "print(time.perf_counter() - started)\n"
        # Not ru_maxrss: that begins with what the process was forked from.
        "print(int(re.search(r'VmHWM:\\s+(\\d+)', Path('/proc/self/status').read_text())[1]) / 1024)\n"
        "print(all(f'csk-{firm.slug}' in sandbox.casestatus.portal.access for firm in sandbox.world.firms))\n"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    seconds, megabytes, keys = run.stdout.split()
    assert float(seconds) < 10
    assert float(megabytes) < 400
    assert keys == "True"
