// What mutation tests leave alone: texts for people, which tests do not repeat word by word. Keys, codes and ids hold no space.
const words = /\S\s|\s\S/;

export const messages = {
  shouldIgnore(path) {
    const text = path.isStringLiteral()
      ? path.node.value
      : path.isTemplateLiteral()
        ? path.node.quasis.map(({ value }) => value.raw).join("x")
        : "";
    return words.test(text) ? "a text for people" : undefined;
  },
};
