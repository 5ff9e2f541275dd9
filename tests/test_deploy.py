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

from app import create_app
from app.settings import BadSetting, read_settings
from app.version import VERSION
from tests.conftest import ROOT

DEPLOY = ROOT / "deploy"
OWN = 100  # MB of a worker with all models, before it is asked anything
ROOM = 300  # MB of a pod for the master, and for new workers beside the old ones
KUBERNETES = "1.32"  # the version whose schemas are asked


def documents(name: str) -> list[dict[str, Any]]:
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


MANIFESTS = [
    document
    for name in ("deployment", "service", "scaling", "network")
    for document in documents(f"kubernetes/{name}.yaml")
]  # fmt: skip
PREDICTOR = documents("kserve.yaml")[0]["spec"]["predictor"]
PODS = [MANIFESTS[0]["spec"]["template"]["spec"], PREDICTOR]
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
    pod = {name: value for name, value in PREDICTOR.items() if name not in ("minReplicas", "maxReplicas")}
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
    assert security.get("privileged") is None
    for name in ("readinessProbe", "livenessProbe"):
        assert client.get(container[name]["httpGet"]["path"]).status_code == 200
    check_settings({entry["name"]: entry["value"] for entry in container["env"]})


@pytest.mark.parametrize("container", CONTAINERS, ids=("deployment", "kserve"))
def test_every_worker_has_memory_for_the_largest_request(container: dict[str, Any]) -> None:
    settings = read_settings(environment={entry["name"]: entry["value"] for entry in container["env"]})
    limit = int(container["resources"]["limits"]["memory"].removesuffix("Mi"))
    assert limit >= settings.workers * (settings.memory + OWN) + ROOM


@pytest.mark.parametrize("pod", PODS, ids=("deployment", "kserve"))
def test_pods_have_no_rights_that_serving_does_not_need(pod: dict[str, Any]) -> None:
    """Knative, under KServe, takes no securityContext of a pod; a container's says the same."""
    security = pod.get("securityContext", {}) | pod["containers"][0]["securityContext"]
    assert security["runAsNonRoot"] is True
    assert security["runAsUser"] == security["runAsGroup"] == 10001
    assert security["seccompProfile"] == {"type": "RuntimeDefault"}
    assert pod["automountServiceAccountToken"] is False
    assert not {"hostNetwork", "hostPID", "hostIPC"} & set(pod)


@pytest.mark.parametrize("pod", PODS, ids=("deployment", "kserve"))
def test_kubernetes_adds_no_settings_of_its_own(pod: dict[str, Any]) -> None:
    """For a Service called digits it sets, among others, DIGITS_PORT=tcp://..., with which no server starts."""
    assert pod["enableServiceLinks"] is False
    with pytest.raises(BadSetting):
        read_settings(environment={"DIGITS_PORT": "tcp://10.0.0.1:80", "DIGITS_SERVICE_HOST": "10.0.0.1"})


@pytest.mark.parametrize("container", CONTAINERS, ids=("deployment", "kserve"))
def test_no_client_is_believed_where_no_proxy_stands_in_front(container: dict[str, Any]) -> None:
    settings = read_settings(environment={entry["name"]: entry["value"] for entry in container["env"]})
    assert settings.proxies == 0


def test_pods_accept_connections_on_their_port_only_and_open_none() -> None:
    (policy,) = documents("kubernetes/network.yaml")
    pod = MANIFESTS[0]["spec"]["template"]
    assert policy["spec"]["podSelector"]["matchLabels"] == pod["metadata"]["labels"]
    assert policy["spec"]["policyTypes"] == ["Ingress", "Egress"]
    assert policy["spec"]["egress"] == []
    (rule,) = policy["spec"]["ingress"]
    assert [port["port"] for port in rule["ports"]] == [pod["spec"]["containers"][0]["ports"][0]["name"]]
    assert rule["from"]  # without it, everybody


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
    assert int(digits["mem_limit"].rstrip("m")) >= settings.workers * (settings.memory + OWN) + ROOM
    assert settings.proxies == 1
    source, target, mode = proxy["volumes"][0].split(":")
    assert (DEPLOY / source).is_file()
    assert (Path(target), mode) == (Path("/etc/nginx/nginx.conf"), "ro")


def test_compose_gives_no_container_more_than_it_needs() -> None:
    (compose,) = documents("compose.yaml")
    for service in compose["services"].values():
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        assert service["security_opt"] == ["no-new-privileges:true"]
        assert {"mem_limit", "pids_limit", "tmpfs"} <= set(service)
        assert not {"privileged", "cap_add", "network_mode", "pid"} & set(service)
    assert compose["services"]["proxy"]["user"] != "0"
    assert compose["services"]["digits"]["networks"] == ["inside"]
    assert compose["networks"]["inside"]["internal"] is True


def read_directives(block: list[dict[str, Any]]) -> dict[str, list[str]]:
    """Return the arguments of every directive of nginx, by its name; of the last where there are several."""
    directives: dict[str, list[str]] = {}
    for directive in block:
        directives |= read_directives(directive.get("block", []))
        directives[directive["directive"]] = directive["args"]
    return directives


def test_the_proxy_s_limits_are_in_step_with_the_server_s() -> None:
    parsed = crossplane.parse(str(DEPLOY / "nginx.conf"), single=True)
    assert parsed["errors"] == []
    directives = read_directives(parsed["config"][0]["parsed"])
    settings = read_settings()
    assert int(directives["client_max_body_size"][0].rstrip("m")) * 2**20 >= settings.max_bytes
    assert f"{settings.max_bytes >> 20} MiB" in (DEPLOY / "nginx.conf").read_text()
    assert int(directives["proxy_read_timeout"][0].rstrip("s")) > settings.timeout


def test_the_proxy_writes_nowhere_but_in_tmp() -> None:
    (compose,) = documents("compose.yaml")
    assert [path.split(":")[0] for path in compose["services"]["proxy"]["tmpfs"]] == ["/tmp"]
    directives = read_directives(crossplane.parse(str(DEPLOY / "nginx.conf"), single=True)["config"][0]["parsed"])
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")  # Source: nginx makes all five when it starts
    assert all(Path(directives[name][0]).parent == Path("/tmp") for name in ("pid", *(f"{k}_temp_path" for k in kinds)))


def check_settings(environment: dict[str, str]) -> None:
    """Check that a file sets only what the server knows, to what it takes."""
    assert all(name.startswith("DIGITS_") for name in environment)
    read_settings(environment=environment)
