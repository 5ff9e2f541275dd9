"""Pictures are read from an object store by a cluster, and the rows written there."""

from __future__ import annotations

from pathlib import Path

import pyarrow.dataset as ds
import pytest
from pyarrow import fs

from app.bulk.connection import LOOPBACK

from .test_cluster import fill, read_on_one_machine
from .test_command import run


def test_pictures_in_a_store_are_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """S3 as moto's server speaks it, with the endpoint set as docs/scale.md says."""
    from moto.server import ThreadedMotoServer  # which takes long to import

    server = ThreadedMotoServer(LOOPBACK, 0, verbose=False)
    server.start()
    try:
        address, port = server.get_host_and_port()
        endpoint = {"AWS_ENDPOINT_URL": f"http://{address}:{port}", "AWS_DEFAULT_REGION": "us-east-1"}
        for name, value in {**endpoint, "AWS_ACCESS_KEY_ID": "a", "AWS_SECRET_ACCESS_KEY": "b"}.items():
            monkeypatch.setenv(name, value)
        override = endpoint["AWS_ENDPOINT_URL"]  # in this process, the SDK may have read the environment before
        store = fs.S3FileSystem(access_key="a", secret_key="b", endpoint_override=override, allow_bucket_creation=True)
        store.create_dir("scans")
        folder = fill(tmp_path / "scans", 22)
        for path in folder.iterdir():
            with store.open_output_stream(f"scans/in/{path.name}") as stream:
                stream.write(path.read_bytes())
        options = ("--ray", "local", "--processes", "1", "--output", "s3://scans/out")
        code, _, said = run("s3://scans/in", *options)
        assert code == 1, said
        rows = ds.dataset("scans/out", filesystem=store, format="parquet").to_table().to_pylist()
        expected = read_on_one_machine(folder, tmp_path / "alone.parquet")
        assert sorted((row["path"].rpartition("/")[2], row["digit"], row["code"]) for row in rows) == [
            (Path(row["path"]).name, row["digit"], row["code"]) for row in expected
        ]
    finally:
        server.stop()
