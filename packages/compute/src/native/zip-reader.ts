import type { FileHandle } from "node:fs/promises";
import { Readable } from "node:stream";
import { RandomAccessReader } from "yauzl";

const WINDOW = 65_536;
const PIECE = 262_144;

/**
 * Reads an archive for yauzl, at places within the file only: yauzl's own reader of files waits forever once a damaged archive has sent
 * it beyond 2⁵³. A window of 64 KiB spares two reads of the file per entry of the directory.
 */
export class ZipReader extends RandomAccessReader {
  private readonly file: FileHandle;
  private readonly size: number;
  private window = Buffer.alloc(0);
  private windowAt = 0;

  constructor(file: FileHandle, size: number) {
    super();
    this.file = file;
    this.size = size;
  }

  override read(
    target: Buffer,
    offset: number,
    length: number,
    position: number,
    callback: (error: Error | null) => void,
  ): void {
    this.bytesAt(position, length).then(
      (bytes) => {
        bytes.copy(target, offset);
        callback(null);
      },
      (error: unknown) => callback(error as Error),
    );
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.pieces(start, end));
  }

  override close(callback: (error: Error | null) => void): void {
    this.file.close().then(() => callback(null), callback);
  }

  private async *pieces(start: number, end: number): AsyncGenerator<Buffer, void, undefined> {
    this.requireWithin(start, end - start);
    for (let at = start; at < end;) {
      const size = Math.min(PIECE, end - at);
      const { buffer, bytesRead } = await this.file.read(Buffer.allocUnsafe(size), 0, size, at);
      if (bytesRead === 0) return;
      yield buffer.subarray(0, bytesRead);
      at += bytesRead;
    }
  }

  private async bytesAt(position: number, length: number): Promise<Buffer> {
    this.requireWithin(position, length);
    if (position < this.windowAt || position + length > this.windowAt + this.window.length) {
      const wanted = Math.min(Math.max(length, WINDOW), this.size - position);
      const { buffer, bytesRead } = await this.file.read(Buffer.alloc(wanted), 0, wanted, position);
      if (bytesRead < length) throw new Error("a file that ends while it is read");
      [this.window, this.windowAt] = [buffer.subarray(0, bytesRead), position];
    }
    return this.window.subarray(position - this.windowAt, position - this.windowAt + length);
  }

  private requireWithin(position: number, length: number): void {
    if (position + length <= this.size) return;
    throw new Error(`bytes ${position} to ${position + length} of a file of ${this.size}`);
  }
}
