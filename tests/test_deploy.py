"""The files of deploy/, checked without an engine or a cluster: valid, and true to the server that they run."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import crossplane
import jsonschema
import kubernetes_validate
import pytest
import yaml
from flask.testing import FlaskClient

from app import VERSION, create_app
from app.settings import read_settings

from .conftest import ROOT

DEPLOY = ROOT / "deploy"
KUBERNETES = "1.32"  # the version whose schemas are asked


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


MANIFESTS = [
    document
    for name in ("deployment", "service", "scaling")
    for document in documents(f"kubernetes/{name}.yaml")
]  # fmt: skip
PREDICTOR = documents("kserve.yaml")[0]["spec"]["predictor"]
CONTAINERS = [MANIFESTS[0]["spec"]["template"]["spec"]["containers"][0], PREDICTOR["containers"][0]]


@pytest.fixture(scope="module")
def client() -> FlaskClient:
    return create_app().test_client()


@pytest.mark.parametrize("manifest", MANIFESTS, ids=[manifest["kind"] for manifest in MANIFESTS])
def test_manifests_are_valid(manifest: dict[str, Any]) -> None:
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


def test_every_manifest_is_in_the_kustomization() -> None:
    (kustomization,) = documents("kubernetes/kustomization.yaml")
    others = {path.name for path in (DEPLOY / "kubernetes").iterdir()} - {"kustomization.yaml"}
    assert set(kustomization["resources"]) == others


def test_the_inference_service_is_a_valid_pod() -> None:
    """KServe's own schema is in no package; what it makes of a predictor is a pod."""
    (service,) = documents("kserve.yaml")
    assert (service["apiVersion"], service["kind"]) == ("serving.kserve.io/v1beta1", "InferenceService")
    pod = {name: PREDICTOR[name] for name in ("containers", "volumes")}
    assert set(PREDICTOR) - set(pod) == {"minReplicas", "maxReplicas"}
    manifest = {"apiVersion": "v1", "kind": "Pod", "metadata": service["metadata"], "spec": pod}
    kubernetes_validate.validate(manifest, KUBERNETES, strict=True)


@pytest.mark.parametrize("container", CONTAINERS, ids=("deployment", "kserve"))
def test_containers_run_this_server_with_nothing_to_spare(container: dict[str, Any], client: FlaskClient) -> None:
    assert container["image"] == f"digits:{VERSION}"
    assert container["ports"][0]["containerPort"] == 8000
    security = container["securityContext"]
    assert security["readOnlyRootFilesystem"] is True
    assert security["allowPrivilegeEscalation"] is False
    assert security["capabilities"] == {"drop": ["ALL"]}
    for name in ("readinessProbe", "livenessProbe"):
        assert client.get(container[name]["httpGet"]["path"]).status_code == 200
    check_settings({entry["name"]: entry["value"] for entry in container["env"]})


@pytest.mark.parametrize("container", CONTAINERS, ids=("deployment", "kserve"))
def test_every_worker_has_memory_for_the_largest_request(container: dict[str, Any]) -> None:
    """16 MiB of JSON become up to 500 MB, and a worker and what it holds of other requests take 250 (README)."""
    workers = next(int(entry["value"]) for entry in container["env"] if entry["name"] == "DIGITS_WORKERS")
    assert int(container["resources"]["limits"]["memory"].removesuffix("Mi")) >= workers * 750


def test_pods_have_time_to_drain() -> None:
    pod = MANIFESTS[0]["spec"]["template"]["spec"]
    settings = read_settings(environment={entry["name"]: entry["value"] for entry in CONTAINERS[0]["env"]})
    assert pod["terminationGracePeriodSeconds"] > settings.drain + settings.timeout


def test_the_compose_file_is_valid() -> None:
    schemas = resources.files("check_jsonschema") / "builtin_schemas" / "vendor"
    schema = json.loads((schemas / "compose-spec.json").read_text())
    (compose,) = documents("compose.yaml")
    jsonschema.validate(compose, schema)
    compose["services"]["digits"]["read_onli"] = True
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(compose, schema)


def test_compose_runs_this_server_behind_the_proxy() -> None:
    (compose,) = documents("compose.yaml")
    digits, proxy = compose["services"]["digits"], compose["services"]["proxy"]
    assert (DEPLOY / digits["build"]["context"]).resolve() == ROOT
    assert digits["read_only"] is True
    assert "ports" not in digits
    check_settings(digits["environment"])
    settings = read_settings(environment=digits["environment"])
    assert int(digits["stop_grace_period"].rstrip("s")) > settings.drain + settings.timeout
    source, target, _ = proxy["volumes"][0].split(":")
    assert (DEPLOY / source).is_file()
    assert Path(target) == Path("/etc/nginx/nginx.conf")


def test_the_proxy_s_configuration_is_valid() -> None:
    parsed = crossplane.parse(str(DEPLOY / "nginx.conf"), single=True)
    assert parsed["errors"] == []
    (http,) = [block for block in parsed["config"][0]["parsed"] if block["directive"] == "http"]
    limits = {block["directive"]: block["args"] for block in http["block"]}
    assert int(limits["client_max_body_size"][0].rstrip("m")) * 2**20 >= read_settings().max_bytes


def check_settings(environment: dict[str, str]) -> None:
    """Check that a file sets only what the server knows, to what it takes."""
    assert all(name.startswith("DIGITS_") for name in environment)
    read_settings(environment=environment)
