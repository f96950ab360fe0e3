"""compose.yaml and the Kubernetes manifests: what they name exists, and both tell the parts the same."""

import re
from pathlib import Path
from typing import Any

import pytest
from prefect.settings import Settings
from prefect.settings.legacy import _get_settings_fields
from prefect_redis.client import RedisMessagingSettings
from ruamel.yaml import YAML

from deployments.cluster import COMPOSE, PLACEHOLDER, compose_file, environment_of
from deployments.per_firm import WORK_POOL
from deployments.register import RELAY_POOL

KUBERNETES = COMPOSE.parent / "deployments" / "kubernetes"
OURS = {"CASEBRIDGE_HOME", "CASEBRIDGE_DATABASE_URL", "CASEBRIDGE_ENCRYPTION_KEY"}
BESIDE_SETTINGS = {
    "TZ",
    "PYTHONTZPATH",
    "DO_NOT_TRACK",
    "PREFECT_SERVER_ENCRYPTION_KEY",
}  # the last is read without a setting
SERVICES: dict[str, dict[str, Any]] = compose_file()["services"]
OF_CASEBRIDGE = [name for name, service in SERVICES.items() if service["image"].startswith("casebridge")]


def known_names() -> set[str]:
    redis = {f"PREFECT_REDIS_MESSAGING_{name.upper()}" for name in RedisMessagingSettings.model_fields}
    return set(_get_settings_fields(Settings)) | redis | OURS | BESIDE_SETTINGS


def documents() -> list[dict[str, Any]]:
    """Every manifest that is applied."""
    files = [KUBERNETES / name for name in read("kustomization.yaml")[0]["resources"]]
    return [document for file in files for document in read(file.name)]


def read(name: str) -> list[dict[str, Any]]:
    return [document for document in YAML(typ="safe").load_all(KUBERNETES / name) if document]


def pods() -> dict[str, Any]:
    return {
        document["metadata"]["name"]: document["spec"]["template"]["spec"]
        for document in documents()
        if document["kind"] in ("Deployment", "Job")
    }


def settings_of(container: dict[str, Any]) -> set[str]:
    maps = {
        document["metadata"]["name"]: document["data"] for document in documents() if document["kind"] == "ConfigMap"
    }
    told = {name for source in container["envFrom"] for name in maps[source["configMapRef"]["name"]]}
    return told | {variable["name"] for variable in container["env"]}


def images_in(text: str) -> list[str]:
    return re.findall(r"^\s*(?:image:|FROM) (\S+)", text, re.MULTILINE)


@pytest.mark.parametrize("service", OF_CASEBRIDGE)
def test_every_variable_is_a_setting(service: str) -> None:
    assert set(SERVICES[service]["environment"]) <= known_names()


def test_what_compose_refers_to_is_defined() -> None:
    whole = compose_file()
    for service in SERVICES.values():
        assert set(service.get("depends_on", {})) <= set(SERVICES)
        assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(whole["volumes"])
        assert {config["source"] for config in service.get("configs", [])} <= set(whole["configs"])
    addresses = {
        name: set(re.findall(r"[@/]([a-z]+):\d+", value))
        for name, environment in ((name, SERVICES[name]["environment"]) for name in OF_CASEBRIDGE)
        for value in environment.values()
    }
    assert set().union(*addresses.values()) <= set(SERVICES)


def test_no_secret_has_a_default() -> None:
    """Whatever is filled in must be given: compose refuses to start otherwise."""
    filled = re.findall(r"(?<!\$)\$\{[^}]*\}", COMPOSE.read_text().replace("${NAME:?}", ""))
    assert filled
    assert all(PLACEHOLDER.fullmatch(one) for one in filled)


def test_a_value_that_is_missing_is_named() -> None:
    with pytest.raises(KeyError, match="PREFECT_AUTH_STRING"):
        environment_of("worker", {})


def test_what_one_service_needs_of_another_is_its_health() -> None:
    for service in SERVICES.values():
        for needed, how in service.get("depends_on", {}).items():
            assert how["condition"] != "service_healthy" or "healthcheck" in SERVICES[needed]


def test_every_pool_has_a_worker_in_both() -> None:
    pools = {WORK_POOL, RELAY_POOL}
    assert {SERVICES[name]["command"][4] for name in ("worker", "relay-worker")} == pools
    assert {pod["containers"][0]["command"][4] for name, pod in pods().items() if name != "register"} == pools


@pytest.mark.parametrize(
    "path", [COMPOSE, COMPOSE.parent / "Dockerfile", KUBERNETES / "workers.yaml"], ids=lambda p: p.name
)
def test_images_are_pinned(path: Path) -> None:
    images = images_in(path.read_text())
    assert images
    assert all(re.search(r":\d+\.\d+", image) for image in images)


def test_workers_of_kubernetes_are_told_what_those_of_compose_are() -> None:
    for pod in pods().values():
        assert settings_of(pod["containers"][0]) == set(SERVICES["worker"]["environment"])
    [settings] = [document["data"] for document in documents() if document["kind"] == "ConfigMap"]
    of_compose = SERVICES["worker"]["environment"]
    elsewhere = {"PREFECT_API_URL"}
    assert {name: settings[name] for name in settings if name not in elsewhere} == {
        name: of_compose[name] for name in settings if name not in elsewhere
    }


def test_servers_of_kubernetes_are_told_what_those_of_compose_are() -> None:
    [values] = read("prefect-server-values.yaml")
    told = {variable["name"] for variable in values["global"]["prefect"]["env"]}
    # The chart sets these itself, from its secret and its basicAuth.
    by_chart = {"PREFECT_SERVER_DATABASE_CONNECTION_URL", "PREFECT_SERVER_API_AUTH_STRING", "PREFECT_API_AUTH_STRING"}
    of_workers = {"TZ", "PREFECT_LOGGING_EXTRA_LOGGERS"}
    assert told == set(SERVICES["api-1"]["environment"]) - by_chart - of_workers


def test_every_secret_that_kubernetes_reads_is_in_the_template_without_a_value() -> None:
    [template] = read("secret.template.yaml")
    assert set(template["stringData"].values()) == {""}
    text = "".join(
        (KUBERNETES / name).read_text() for name in ("workers.yaml", "register-job.yaml", "prefect-server-values.yaml")
    )
    by_chart = {"auth-string", "connection-string"}
    assert set(re.findall(r"secretKeyRef: \{name: casebridge, key: ([a-z-]+)\}", text)) | by_chart == set(
        template["stringData"]
    )


def test_pods_have_no_rights_and_workers_are_probed() -> None:
    for name, pod in pods().items():
        [container] = pod["containers"]
        assert pod["securityContext"]["runAsNonRoot"]
        assert not container["securityContext"]["allowPrivilegeEscalation"]
        if name != "register":
            assert {"startupProbe", "livenessProbe", "readinessProbe"} <= set(container)
