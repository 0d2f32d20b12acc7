import "@tensorflow/tfjs";
import { prepareBackend } from "@sgdscope/compute";
import { testBackend } from "@sgdscope/testing";

testBackend("cpu", () => prepareBackend("cpu"), {
  except: {
    "average pool 3×3, stride 2, same":
      "at the border the cpu backend's gradient divides by the whole window, its forward pass by the part inside",
  },
});
