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
  /** What the directory says of it for people. */
  comment?: string;
  /** An extra field of the directory, before that of zip64. */
  extra?: Uint8Array;
}

/**
 * A zip archive after the application note, made for the tests, right or wrong in what it says. `count` is what its end claims; `wide`
 * writes sizes, places and count in 64 bits; a comment is ASCII.
 */
export function archiveOf(
  files: readonly FileToZip[],
  { count = files.length, wide = false, comment = "" } = {},
): Uint8Array {
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
    const extra = Buffer.alloc(wide ? 28 : 0);
    if (wide) {
      extra.writeUInt16LE(1, 0);
      extra.writeUInt16LE(24, 2);
      const fields = [24, 20, 42];
      for (const [i, field] of fields.entries()) {
        extra.writeBigUInt64LE(BigInt(central.readUInt32LE(field)), 4 + 8 * i);
        central.writeUInt32LE(0xffffffff, field);
      }
    }
    const { comment: note = "", extra: other = new Uint8Array(0) } = file;
    central.writeUInt16LE(other.length + extra.length, 30);
    central.writeUInt16LE(note.length, 32);
    bodies.push(local, Buffer.from(name), Buffer.from(packed));
    directory.push(central, Buffer.from(listedAs), Buffer.from(other), extra, Buffer.from(note));
    at += 30 + Buffer.byteLength(name) + packed.length;
  }
  const size = Buffer.concat(directory).length;
  const end64 = Buffer.alloc(wide ? 76 : 0);
  if (wide) {
    end64.writeUInt32LE(0x06064b50, 0);
    end64.writeBigUInt64LE(BigInt(count), 32);
    end64.writeBigUInt64LE(BigInt(at), 48);
    end64.writeUInt32LE(0x07064b50, 56);
    end64.writeBigUInt64LE(BigInt(at + size), 64);
  }
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(wide ? 0xffff : count, 10);
  end.writeUInt32LE(wide ? 0xffffffff : size, 12);
  end.writeUInt32LE(wide ? 0xffffffff : at, 16);
  end.writeUInt16LE(comment.length, 20);
  return new Uint8Array(Buffer.concat([...bodies, ...directory, end64, end, Buffer.from(comment)]));
}
