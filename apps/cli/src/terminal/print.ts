/** Control characters but tab and newline, and those that turn the direction of writing: no path or label may steer a terminal. */
// eslint-disable-next-line no-control-regex
const unprintable = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;

/** Text of others as it may be shown: what would steer a terminal is spelled out, as in `\u001b`. */
export const printable = (text: string): string => text.replace(unprintable, escaped);

/** Text without what only its owner may read: names and passwords of addresses, and the queries behind them. */
export const withoutSecrets = (text: string): string =>
  text.replace(
    /\b([a-z][a-z+.-]*:\/\/)(?:[^\s/@]*@)?([^\s?#'"]*)(\?[^\s#'"]*)?/gi,
    (_, scheme: string, rest: string, query?: string) => `${scheme}${rest}${query === undefined ? "" : "?…"}`,
  );

/** Prints to standard output. */
export const print = (text: string): void => void process.stdout.write(printable(text));

/** Prints to standard error, where nothing secret belongs. */
export const tell = (text: string): void => void process.stderr.write(printable(withoutSecrets(text)));
