// Stands for the bundled gradients where this package runs from its sources in Node: nothing needs building first.
import "@tensorflow/tfjs";
