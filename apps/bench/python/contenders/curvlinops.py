"""curvlinops: linear operators with the loss of PyTorch's MSELoss, which is 2/C times ours."""

import torch
from curvlinops import (
    GGNLinearOperator,
    HessianLinearOperator,
    hutchinson_squared_fro,
    lanczos_approximate_spectrum,
    xtrace,
)
from torch import nn

from .common import saved, version_of


def versions():
    return version_of("curvlinops-for-pytorch", "torch", "scipy")


def workloads(problem):
    scale = problem.outputs / 2
    mse = nn.MSELoss()

    def operator(kind):
        return kind(
            problem.model, mse, problem.params, [(problem.x, problem.y)], check_deterministic=False, num_data=problem.examples
        )

    scaled = lambda tensors: saved(problem)([scale * tensor for tensor in tensors])

    def hvp_cold():
        h = operator(HessianLinearOperator)
        return lambda: h @ problem.probe, scaled

    def ggn_product():
        g = operator(GGNLinearOperator)
        return lambda: g @ problem.probe, scaled

    def top_eigenvalue(tolerance):
        from .common import largest_eigenvalue

        def compute():
            h = operator(HessianLinearOperator)
            matvec = lambda v: (h @ torch.from_numpy(v).view(-1)).detach().numpy()
            answer = largest_eigenvalue(matvec, problem.size, tolerance)
            answer["values"]["eigenvalue"] *= scale
            return answer

        return compute

    def trace(budget):
        return lambda: {
            "values": {"trace": scale * xtrace(operator(HessianLinearOperator), budget).item()},
            "products": budget,
        }

    def norm(budget):
        return lambda: {
            "values": {"norm": scale * hutchinson_squared_fro(operator(HessianLinearOperator), budget).item() ** 0.5},
            "products": budget,
        }

    def density(probes, steps):
        def compute():
            lanczos_approximate_spectrum(
                operator(HessianLinearOperator), ncv=steps, num_points=1024, num_repeats=probes, boundaries_tol=1e-2
            )
            return {"values": {}}

        return compute

    return {
        "hvp-cold": hvp_cold,
        "ggn-product": ggn_product,
        "top-eigenvalue": top_eigenvalue,
        "trace": trace,
        "norm": norm,
        "density": density,
    }
