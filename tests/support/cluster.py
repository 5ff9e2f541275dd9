"""python -m tests.support.cluster: a Ray cluster of two nodes on this machine, one of which dies when it is told to.

Writes its address, then obeys lines on standard input: "kill" ends the second node, the end of the input all of it.
"""

from __future__ import annotations

import sys

from app.bulk.connection import LOCAL, LOOPBACK, prepare

prepare(LOCAL)

from ray.cluster_utils import Cluster  # noqa: E402 - after prepare()

NODE = {"num_cpus": 1, "node_ip_address": LOOPBACK, "object_store_memory": 2**27, "include_dashboard": False}


def main() -> None:
    """Run the cluster."""
    cluster = Cluster(initialize_head=True, head_node_args=NODE)
    node = cluster.add_node(**{name: value for name, value in NODE.items() if name != "include_dashboard"})
    cluster.wait_for_nodes()
    sys.stdout.write(f"{cluster.address}\n")
    sys.stdout.flush()
    for line in sys.stdin:
        if line == "kill\n":
            cluster.remove_node(node, allow_graceful=False)
            sys.stdout.write("killed\n")
            sys.stdout.flush()
    cluster.shutdown()


if __name__ == "__main__":
    main()
