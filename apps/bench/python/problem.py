"""A network with its data, as the other side of the benchmark wrote it, in PyTorch's own layout."""

import json
from pathlib import Path

import numpy as np
import torch
from torch import nn


class Problem:
    """Loss L = (1/2n) sum ||f(x) - y||^2 of a sequential network at given parameters.

    Flat vectors of the benchmark are in TensorFlow's layout (HWIO kernels, dense [in, out], flattened as h, w, c); networks here
    are NCHW as PyTorch likes them. `to_torch` and `from_torch` go between the two, outside of what is timed.
    """

    def __init__(self, folder, dtype=torch.float32):
        self.folder = folder = Path(folder)
        description = json.loads((folder / "network.json").read_text())
        self.arrays = np.load(folder / "network.npz")
        self.dtype = dtype
        self.name = description["name"]
        self.layers = description["layers"]
        self.parameters = description["parameters"]
        self.image = description["inputShape"]
        x = self._tensor(self.arrays["inputs"])
        self.convolutional = len(self.image) == 3
        if self.convolutional:
            x = x.permute(0, 3, 1, 2).contiguous()
        self.x = x
        self.y = self._tensor(self.arrays["targets"])
        self.examples, self.outputs = self.y.shape
        self.model = self._build()
        self.params = list(self.model.parameters())
        flat = np.concatenate([self.arrays[f"parameters/{name}"].ravel() for name, _ in self.parameters])
        self.start = self.to_torch(flat)
        self.reset()
        self.probe = self.to_torch(self.arrays["probe"])

    def _tensor(self, array):
        return torch.from_numpy(np.array(array)).to(self.dtype)

    def _build(self):
        modules = []
        shape = list(self.image)
        self.feature_map = None
        for layer in self.layers:
            kind = layer["layer"]
            if kind == "conv":
                modules.append(nn.Conv2d(shape[2], layer["filters"], layer["size"], padding=layer["size"] // 2))
                shape[2] = layer["filters"]
            elif kind == "relu":
                modules.append(nn.ReLU())
            elif kind == "average-pool":
                modules.append(nn.AvgPool2d(2))
                shape = [shape[0] // 2, shape[1] // 2, shape[2]]
            elif kind == "flatten":
                modules.append(nn.Flatten())
                self.feature_map = tuple(shape)
                shape = [int(np.prod(shape))]
            else:
                modules.append(nn.Linear(shape[0], layer["units"]))
                shape = [layer["units"]]
        return nn.Sequential(*modules).to(self.dtype)

    def reset(self):
        with torch.no_grad():
            for param, value in zip(self.params, self.start):
                param.copy_(value)

    def to_torch(self, flat):
        """Tensors of the shapes of the module's parameters."""
        tensors, position = [], 0
        for name, shape in self.parameters:
            size = int(np.prod(shape))
            part = self._tensor(flat[position : position + size]).reshape(shape)
            position += size
            if len(shape) == 4:
                part = part.permute(3, 2, 0, 1)
            elif len(shape) == 2 and self._follows_flatten(shape):
                h, w, c = self.feature_map
                part = part.reshape(h, w, c, shape[1]).permute(3, 2, 0, 1).reshape(shape[1], -1)
            elif len(shape) == 2:
                part = part.t()
            tensors.append(part.contiguous())
        return tensors

    def from_torch(self, tensors):
        """The inverse of `to_torch`, as a Float64 array."""
        parts = []
        for tensor, (name, shape) in zip(tensors, self.parameters):
            tensor = tensor.detach().reshape(self._torch_shape(shape))
            if len(shape) == 4:
                tensor = tensor.permute(2, 3, 1, 0)
            elif len(shape) == 2 and self._follows_flatten(shape):
                h, w, c = self.feature_map
                tensor = tensor.reshape(shape[1], c, h, w).permute(2, 3, 1, 0)
            elif len(shape) == 2:
                tensor = tensor.t()
            parts.append(tensor.reshape(-1).double().numpy())
        return np.concatenate(parts)

    def _torch_shape(self, shape):
        return [shape[3], shape[2], shape[0], shape[1]] if len(shape) == 4 else shape[::-1]

    def _follows_flatten(self, shape):
        return self.feature_map is not None and int(np.prod(self.feature_map)) == shape[0]

    def split(self, flat):
        """A flat torch vector in the module's own order, as a list of tensors."""
        return [part.view_as(p) for part, p in zip(flat.split([p.numel() for p in self.params]), self.params)]

    def flat(self, tensors):
        return torch.cat([tensor.reshape(-1) for tensor in tensors])

    @property
    def size(self):
        return sum(p.numel() for p in self.params)

    def criterion(self, outputs, targets):
        return 0.5 / outputs.shape[0] * (outputs - targets).square().sum()

    def loss(self):
        return self.criterion(self.model(self.x), self.y)

    def batches(self, size):
        return torch.from_numpy(self.arrays[f"batches/{size}"].astype(np.int64))


def noise_metrics(gram, residuals):
    """The numbers of the noise from K = J J^T [nC, nC] and r [n, C], in double precision.

    With g_i = J_i^T r_i: Sigma = (1/n) sum (g_i - g)(g_i - g)^T, G = (1/n) J^T J.
    """
    n, outputs = residuals.shape
    gram, r = gram.double(), residuals.double()
    loss = r.square().sum() / (2 * n)
    # Rows of JG-products: K r restricted to each example gives J_j g_i.
    blocks = gram.reshape(n * outputs, n, outputs)
    products = torch.einsum("aic,ic->ai", blocks, r)  # column i is J g_i, [nC, n]
    inner = torch.einsum("jci,jc->ji", products.reshape(n, outputs, n), r)  # <g_j, g_i>
    centred = products - products.mean(1, keepdim=True)
    centred_inner = inner - inner.mean(0, keepdim=True) - inner.mean(1, keepdim=True) + inner.mean()
    trace_noise_curvature = centred.square().sum() / n**2
    curvature = gram.norm() / n
    noise = centred_inner.norm() / n
    return {
        "mu": (trace_noise_curvature / (2 * loss * curvature**2)).item(),
        "alpha": (trace_noise_curvature / (noise * curvature)).item(),
        "beta": (noise / (2 * loss * curvature)).item(),
        "traceNoise": (centred_inner.trace() / n).item(),
        "frobeniusNoise": noise.item(),
        "frobeniusG": curvature.item(),
    }
