import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";

/** How one request is answered. */
export interface Behaviour {
  /** Answer with this status and no file. */
  status?: number;
  /** Ignore Range. */
  ignoreRange?: boolean;
  /** Break the connection after so many bytes of the body. */
  breakAfter?: number;
  /** Send nothing more after so many bytes of the body. */
  stallAfter?: number;
  /** Send this instead of the file. */
  instead?: Uint8Array;
  /** Claim another start in Content-Range. */
  wrongRange?: boolean;
  /** Leave Content-Length out. */
  chunked?: boolean;
  /** Send so many bytes of the body every so many milliseconds. */
  drip?: { bytes: number; every: number };
  /** Redirect to the same server. */
  redirect?: boolean;
}

export interface Served {
  url: string;
  /** The Range header of every request so far. */
  ranges: (string | undefined)[];
  /** The Authorization header of every request so far. */
  authorizations: (string | undefined)[];
}

/** Serves a file on 127.0.0.1, one behaviour a request; the last one stays. */
export async function serve(file: Uint8Array, behaviours: readonly Behaviour[] = [{}]): Promise<Served> {
  const ranges: (string | undefined)[] = [];
  const authorizations: (string | undefined)[] = [];
  const server = createServer((request, response) => {
    const behaviour = behaviours[Math.min(ranges.length, behaviours.length - 1)]!;
    ranges.push(request.headers.range);
    authorizations.push(request.headers.authorization);
    answer(response, request.headers.range, file, behaviour);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  onTestFinished(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/file.tar.gz`, ranges, authorizations };
}

function answer(response: ServerResponse, range: string | undefined, file: Uint8Array, how: Behaviour): void {
  if (how.status !== undefined) return void response.writeHead(how.status).end("no");
  if (how.redirect) return void response.writeHead(302, { location: "/elsewhere" }).end();
  const whole = how.instead ?? file;
  const start = range === undefined || how.ignoreRange ? 0 : Number(/^bytes=(\d+)-$/.exec(range)![1]);
  if (start >= whole.length && start > 0)
    return void response.writeHead(416, { "content-range": `bytes */${whole.length}` }).end();
  const body = whole.subarray(start);
  const claimed = how.wrongRange ? start + 1 : start;
  response.writeHead(start > 0 ? 206 : 200, {
    ...(how.chunked ? {} : { "content-length": body.length }),
    ...(start > 0 ? { "content-range": `bytes ${claimed}-${whole.length - 1}/${whole.length}` } : {}),
  });
  if (how.drip !== undefined) {
    const { bytes, every } = how.drip;
    let at = 0;
    const timer = setInterval(() => {
      response.write(body.subarray(at, (at += bytes)));
      if (at >= body.length) response.end();
      if (at >= body.length) clearInterval(timer);
    }, every);
    response.on("close", () => clearInterval(timer));
    return;
  }
  const end = how.breakAfter ?? how.stallAfter;
  if (end === undefined) return void response.end(body);
  response.write(body.subarray(0, end), () => {
    // Give the bytes time to leave before the connection breaks.
    if (how.breakAfter !== undefined) setTimeout(() => response.destroy(), 50);
  });
}
