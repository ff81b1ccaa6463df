"""Writes the MATLAB files of this folder, in the layouts of Flowers-102 and Stanford Cars, with scipy.io.savemat (SciPy 1.10.1)."""
import numpy as np
from scipy.io import savemat

savemat("setid.mat", {"trnid": np.array([[3, 1]], np.uint16), "valid": np.array([[2]], np.uint16), "tstid": np.array([[5, 4, 300]], np.uint16)}, do_compression=True)
savemat("imagelabels.mat", {"labels": np.array([[1.0, 2.0, 1.0, 102.0, 2.0]])}, do_compression=False)

entries = [(39, 569, 14, b"00001.jpg"), (36, 868, 196, b"00002.jpg"), (85, 601, 91, b"00003.jpg")]
annotations = np.zeros((1, 3), dtype=[("bbox_x1", object), ("bbox_x2", object), ("class", object), ("fname", object)])
for i, (x1, x2, label, name) in enumerate(entries):
    annotations[0, i] = (np.uint8(x1), np.uint16(x2), np.uint8(label), name.decode())
savemat("cars_train_annos.mat", {"annotations": annotations}, do_compression=True)

names = np.empty((1, 3), dtype=object)
names[0, :] = ["AM General Hummer SUV 2000", "Acura RL Sedan 2012", "Ram C/V Cargo Van Minivan 2012"]
savemat("cars_meta.mat", {"class_names": names}, do_compression=False)
