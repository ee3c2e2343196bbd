"""A big conversion over a Dask cluster: `python dask_cluster.py DUMP OUTPUT`, with `pip install 'refmill[dask]'`.

The cluster here is of this machine; give `Client` the address of a scheduler for another. refmill must be installed
where the workers run; they are sent pieces of the input and need none of its files.
"""

from __future__ import annotations

import sys

from distributed import Client, LocalCluster

import refmill


def main(dump: str, output: str) -> None:
    """Convert the dump on a cluster of two workers on this machine."""
    with LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as cluster, Client(cluster) as client:
        executor = client.get_executor(pure=False)
        summary = refmill.convert(dump, output, enrichers=(), executor=executor, jobs=2)
    print("\n".join(summary.lines()))  # noqa: T201 - a script tells what it did


if __name__ == "__main__":
    main(*sys.argv[1:])
