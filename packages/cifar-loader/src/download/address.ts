import { CifarError } from "../errors.js";

/** A web address taken apart: what to ask for, and what to tell. */
export interface Address {
  /** Without name and password, which `fetch` refuses. */
  href: string;
  /** The header that says name and password, where there are any. */
  headers: Record<string, string>;
  /** For messages: without name, password and query, which may hold a key. */
  shown: string;
}

/**
 * Takes an address apart.
 *
 * @throws CifarError INVALID_ARGUMENT for what is no http or https address; the message shows nothing of it, since it may hold a password.
 */
export function addressOf(url: string): Address {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  if (parsed === undefined || !/^https?:$/.test(parsed.protocol))
    throw new CifarError(
      "INVALID_ARGUMENT",
      `download: expected url to be an http or https address, got ${parsed === undefined ? "something else" : parsed.protocol}`,
    );
  const { username, password } = parsed;
  parsed.username = parsed.password = parsed.hash = "";
  const pair = new TextEncoder().encode(`${decode(username)}:${decode(password)}`);
  return {
    href: parsed.href,
    headers: username + password === "" ? {} : { authorization: `Basic ${btoa(String.fromCharCode(...pair))}` },
    shown: parsed.origin + parsed.pathname + (parsed.search === "" ? "" : "?…"),
  };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Text of others without names and passwords of addresses in it. */
export const withoutCredentials = (text: string): string => text.replace(/\/\/[^/\s@]*@/g, "//");
