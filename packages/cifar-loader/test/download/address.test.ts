import { describe, expect, it } from "vitest";
import { addressOf, withoutCredentials } from "../../src/download/address.js";

describe("addressOf", () => {
  it("leaves a plain address as it is", () =>
    expect(addressOf("https://example.org/a/b.tar.gz")).toEqual({
      href: "https://example.org/a/b.tar.gz",
      headers: {},
      shown: "https://example.org/a/b.tar.gz",
    }));

  it("takes name and password out, into a header, and shows no query", () =>
    expect(addressOf("https://me:p%C3%A4ss@example.org:8443/x?key=1#part")).toEqual({
      href: "https://example.org:8443/x?key=1",
      headers: { authorization: `Basic ${Buffer.from("me:päss").toString("base64")}` },
      shown: "https://example.org:8443/x?…",
    }));

  it("takes a password that is no escape as it is", () =>
    expect(addressOf("http://me:100%@h/").headers).toEqual({
      authorization: `Basic ${Buffer.from("me:100%").toString("base64")}`,
    }));

  it.each(["", "no address", "http://me:secret@", "file:///etc/passwd", "ftp://me:secret@h/x"])(
    "refuses %j, and shows nothing of it",
    (url) => {
      expect(() => addressOf(url)).toThrow(expect.objectContaining({ code: "INVALID_ARGUMENT" }));
      expect(() => addressOf(url)).not.toThrow("secret");
    },
  );
});

describe("withoutCredentials", () => {
  it("clears addresses within text", () =>
    expect(withoutCredentials('cannot reach "http://a:b@c/d" or //e@f, mail g@h')).toBe(
      'cannot reach "http://c/d" or //f, mail g@h',
    ));
});
