"""Writes the small HDF5 tables of Tests/DatasetsTests/Fixtures with h5py.

    python scripts/goldens/hdf5_tables.py Tests/DatasetsTests/Fixtures
"""
import sys

import h5py
import numpy as np

folder = sys.argv[1]
text = h5py.string_dtype()

with h5py.File(f"{folder}/compound.h5", "w", libver="v110") as file:
    rows = np.array(
        [("chest pain", 1, 0.5, True, [1, 2], b"ab"), ("发烧", -2, 1.5, False, [3, 4], b"c"), ("", 3, -0.25, True, [5, 6], b"")],
        dtype=[("text", text), ("label", "i4"), ("score", "f4"), ("urgent", "?"), ("pair", "u1", 2), ("code", "S2")])
    file.create_dataset("clinic/notes", data=rows, chunks=(2,), compression="gzip")
    file.attrs["about"] = "three rows"

with h5py.File(f"{folder}/columns.h5", "w", libver="v110") as file:
    count = 600
    file.create_dataset("text", data=[f"row {i}" for i in range(count)], dtype=text)
    file.create_dataset("label", data=np.arange(count) % 3)
    file.create_dataset("vector", data=np.arange(2 * count, dtype="f8").reshape(count, 2))
    file["scale"] = 2.0

with h5py.File(f"{folder}/two.h5", "w", libver="v110") as file:
    file.create_dataset("train/text", data=["a", "b"], dtype=text)
    file.create_dataset("test/text", data=["c"], dtype=text)
