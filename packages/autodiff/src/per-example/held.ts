import * as tf from "@tensorflow/tfjs-core";

/** Tensors that several walks over one tape need, made at the first and kept for the others. */
export interface Held {
  /** The tensor made for `key`, which is made now if there is none. Not to be disposed by the caller. */
  of<T extends tf.Tensor>(key: object, make: () => T): T;
  /** Bytes of all of them. */
  bytes(): number;
  dispose(): void;
}

/** An empty store; tensors in it outlive the scopes in which they are made, until `dispose`. */
export function holding(): Held {
  const tensors = new Map<object, tf.Tensor>();
  return {
    of<T extends tf.Tensor>(key: object, make: () => T): T {
      const known = tensors.get(key) as T | undefined;
      if (known !== undefined) return known;
      const made = tf.keep(tf.tidy(make));
      tensors.set(key, made);
      return made;
    },
    bytes: () => [...tensors.values()].reduce((sum, { size, dtype }) => sum + size * tf.util.bytesPerElement(dtype), 0),
    dispose: () => {
      tf.dispose([...tensors.values()]);
      tensors.clear();
    },
  };
}
