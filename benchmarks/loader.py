"""How much reading YAML costs beyond libyaml's own events: run as a process of its own, prints both medians.

Both go over the same files in turn, so that they share the machine's good and bad moments.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from yaml._yaml import CParser
from yaml.events import StreamEndEvent

from intime_sync.config.yaml_reader import read_yaml


def main(files: Sequence[str], runs: int) -> None:
    """Seconds for the events alone and for `read_yaml`, as JSON."""
    drained, read = [], []
    data = [Path(file).read_bytes() for file in files]
    for _ in range(runs + 1):
        begun = time.perf_counter()
        for one in data:
            get_event = CParser(one).get_event
            while type(get_event()) is not StreamEndEvent:
                pass
        drained.append(time.perf_counter() - begun)
        begun = time.perf_counter()
        for name, one in zip(files, data, strict=True):
            read_yaml(name, one)
        read.append(time.perf_counter() - begun)
    print(json.dumps([statistics.median(drained[1:]), statistics.median(read[1:])]))


if __name__ == "__main__":
    main(sys.argv[2:], int(sys.argv[1]))
