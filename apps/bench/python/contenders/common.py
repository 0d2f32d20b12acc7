"""What several contenders share."""

import numpy as np
import torch
from scipy.sparse.linalg import LinearOperator, eigsh


def version_of(*names):
    from importlib.metadata import version

    return {name: version(name) for name in names}


def largest_eigenvalue(matvec, size, tolerance):
    """Of a symmetric map on float32 arrays, as a SciPy user would: ARPACK from a random start."""
    count = 0

    def product(v):
        nonlocal count
        count += 1
        return matvec(v)

    start = np.random.randn(size).astype(np.float32)
    operator = LinearOperator((size, size), matvec=product, dtype=np.float32)
    values = eigsh(operator, k=1, which="LM", tol=tolerance, v0=start, return_eigenvectors=False)
    return {"values": {"eigenvalue": float(values[0])}, "products": count}


def saved(problem):
    """Turns a result in the module's layout into the flat vector to compare."""
    return lambda tensors: problem.from_torch(problem.split(tensors) if torch.is_tensor(tensors) else tensors)


def chunk_of(problem, outputs):
    """Examples at a time so that their Jacobian rows take about 256 MiB."""
    return max(1, min(problem.examples, 2**26 // (problem.size * outputs)))
