"""One contender of the benchmark as a long-lived process: a JSON object a line in, one a line out.

    {"do": "load", "network": FOLDER}                     -> {"workloads": [...], "versions": {...}, "threads": 2}
    {"do": "run", "workload": NAME, "options": {...}}     -> {"seconds": s, "processorSeconds": s, "values": {...}, ...}

With options.save the result, a vector or matrix, is written there as .npy after the clock has stopped.
"""

import importlib
import json
import os
import resource
import sys
import time
import traceback
import warnings

protocol = os.fdopen(os.dup(1), "w")
os.dup2(2, 1)  # whatever a library prints goes to stderr
warnings.filterwarnings("ignore")

import numpy as np  # noqa: E402
import torch  # noqa: E402

from problem import Problem  # noqa: E402

torch.set_num_threads(int(os.environ.get("OMP_NUM_THREADS", "2")))
contender = importlib.import_module(f"contenders.{sys.argv[1]}")


def load(request):
    global problem, workloads
    problem = Problem(request["network"])
    workloads = contender.workloads(problem)
    return {"workloads": list(workloads), "versions": contender.versions(), "threads": torch.get_num_threads()}


def run(request):
    options = request.get("options", {})
    torch.manual_seed(options.get("seed", 0))
    np.random.seed(options.get("seed", 0))
    prepared = workloads[request["workload"]](**{k: v for k, v in options.items() if k not in ("seed", "save")})
    compute, finish = prepared if isinstance(prepared, tuple) else (prepared, lambda result: result)
    processor, start = time.process_time(), time.perf_counter()
    result = compute()
    seconds, processor_seconds = time.perf_counter() - start, time.process_time() - processor
    result = finish(result)
    answer = {"seconds": seconds, "processorSeconds": processor_seconds}
    if isinstance(result, dict):
        return answer | result
    if "save" in options:
        np.save(options["save"], np.asarray(result, dtype=np.float64))
    return answer


for line in sys.stdin:
    try:
        request = json.loads(line)
        answer = {"load": load, "run": run}[request["do"]](request)
        answer["peakMiB"] = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    except Exception as error:
        traceback.print_exc()
        answer = {"error": f"{type(error).__name__}: {error}".split("\n")[0][:300]}
    protocol.write(json.dumps(answer) + "\n")
    protocol.flush()
