# SPDX-License-Identifier: BSD-3-Clause
"""Tensors of models against the weights of their files: export_layouts.py DIRECTORY...; one line for each."""
import json
import struct
import sys

import h5py
import numpy as np

for run in sys.argv[1:]:
    data = open(f"{run}/model.safetensors", "rb").read()
    (length,) = struct.unpack("<Q", data[:8])
    head = json.loads(data[8:8 + length])
    head.pop("__metadata__")
    arrays = {}
    h5py.File(f"{run}/model.h5").visititems(
        lambda name, o: arrays.update({name.split("/")[-1]: o[...]}) if isinstance(o, h5py.Dataset) else None)
    weights, at, fine = arrays["weights"].ravel(), 0, "weights" not in head
    tensors = [(name, t) for name, t in head.items() if name not in arrays]
    values = [np.frombuffer(data[8 + length:][slice(*t["data_offsets"])], "<f8") for _, t in tensors]
    fine = fine and all(v.size == np.prod(t["shape"], dtype=int) for v, (_, t) in zip(values, tensors))
    fine = fine and len(tensors) > 3 and all(all(t["shape"]) for _, t in tensors)
    together = np.concatenate(values)
    fine = fine and together.size == weights.size and np.array_equal(np.sort(together), np.sort(weights))
    print(run, "right" if fine else "WRONG", len(tensors), weights.size)
