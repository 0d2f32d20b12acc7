import { crc32, deflateRawSync } from "node:zlib";

/** One file to put into an archive, told what to say about itself. */
export interface FileToZip {
  name: string;
  content: Uint8Array;
  /** What the directory calls it; default the name. */
  listedAs?: string;
  /** Deflated bytes instead of those of the content. */
  packed?: Uint8Array;
  /** The size that the directory declares; default that of the content. */
  size?: number;
  method?: number;
  encrypted?: boolean;
  /** Where the directory says that it begins; default where it does. */
  offset?: number;
}

/** A zip archive after the application note, made for the tests, right or wrong in what it says; `count` is what its end claims. */
export function archiveOf(files: readonly FileToZip[], { count = files.length } = {}): Uint8Array {
  const [bodies, directory]: [Buffer[], Buffer[]] = [[], []];
  let at = 0;
  for (const file of files) {
    const { name, content, listedAs = name, method = 8, encrypted = false } = file;
    const packed = file.packed ?? (method === 8 ? deflateRawSync(content) : content);
    const local = Buffer.alloc(30);
    local.writeUInt32LE(0x04034b50, 0);
    local.writeUInt16LE(method, 8);
    local.writeUInt16LE(Buffer.byteLength(name), 26);
    const central = Buffer.alloc(46);
    central.writeUInt32LE(0x02014b50, 0);
    central.writeUInt16LE(encrypted ? 1 : 0, 8);
    central.writeUInt16LE(method, 10);
    central.writeUInt32LE(crc32(content), 16);
    central.writeUInt32LE(packed.length, 20);
    central.writeUInt32LE(file.size ?? content.length, 24);
    central.writeUInt16LE(Buffer.byteLength(listedAs), 28);
    central.writeUInt32LE(file.offset ?? at, 42);
    bodies.push(local, Buffer.from(name), Buffer.from(packed));
    directory.push(central, Buffer.from(listedAs));
    at += 30 + Buffer.byteLength(name) + packed.length;
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(count, 8);
  end.writeUInt16LE(count, 10);
  end.writeUInt32LE(Buffer.concat(directory).length, 12);
  end.writeUInt32LE(at, 16);
  return new Uint8Array(Buffer.concat([...bodies, ...directory, end]));
}
