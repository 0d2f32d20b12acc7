"""hessian-eigenthings: its Hessian builds the graph anew for every product."""

import torch
from hessian_eigenthings import GGNOperator, HessianOperator, lanczos, spectral_density, trace as estimate_trace

from .common import saved, version_of


def versions():
    return version_of("hessian-eigenthings", "torch")


def workloads(problem):
    data = [(problem.x, problem.y)]
    probe = problem.flat(problem.probe)

    def hessian():
        return HessianOperator(problem.model, data, lambda model, batch: problem.criterion(model(batch[0]), batch[1]))

    def hvp_cold():
        h = hessian()
        return lambda: h.matvec(probe), saved(problem)

    def ggn_product():
        g = GGNOperator(
            problem.model,
            data,
            lambda model, batch: model(batch[0]),
            lambda outputs, batch: problem.criterion(outputs, batch[1]),
        )
        return lambda: g.matvec(probe), saved(problem)

    def seed():
        return int(torch.initial_seed())

    def top_eigenvalue(budget, **_):
        def compute():
            result = lanczos(hessian(), k=1, max_iter=budget, tol=1e-3, seed=seed())
            return {"values": {"eigenvalue": float(result.eigenvalues[0])}, "products": budget}

        return compute

    def trace(budget):
        def compute():
            result = estimate_trace(hessian(), num_matvecs=budget, method="hutch++", seed=seed())
            return {"values": {"trace": float(result.estimate)}, "products": budget}

        return compute

    def density(probes, steps):
        def compute():
            spectral_density(hessian(), num_runs=probes, lanczos_steps=steps, num_grid_points=1024, seed=seed())
            return {"values": {}, "products": probes * steps}

        return compute

    return {
        "hvp-cold": hvp_cold,
        "ggn-product": ggn_product,
        "top-eigenvalue": top_eigenvalue,
        "trace": trace,
        "density": density,
    }
