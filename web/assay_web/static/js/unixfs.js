// The CID of a file, hashed as it passes: 256 KiB chunks, raw leaves, a balanced tree of 174 links a node.
// The twin of assay/store/cid.py, so that no server is asked what a file is called.
import { joined } from "./bytes.js";
import { sha256 } from "../vendor/@noble/hashes/sha2.js";

const CHUNK = 256 * 1024;
const LINKS = 174;
const RAW = 0x55;
const DAG_PB = 0x70;
const LETTERS = "abcdefghijklmnopqrstuvwxyz234567";

export class UnixfsHasher {
  #tail = new Uint8Array(0);
  #levels = [[]];

  update(data) {
    let rest = joined(this.#tail, data);
    while (rest.length >= CHUNK) {
      this.#leaf(rest.subarray(0, CHUNK));
      rest = rest.subarray(CHUNK);
    }
    this.#tail = rest.slice();
  }

  cid() {
    if (this.#tail.length || this.#levels.every((level) => !level.length)) this.#leaf(this.#tail);
    let height = 0;
    while (this.#levels.length > height + 1 || this.#levels[height].length > 1) this.#close(height++);
    return text(this.#levels[height][0].cid);
  }

  #leaf(chunk) {
    this.#add(0, { cid: binary(RAW, chunk), file: chunk.length, dag: chunk.length });
  }

  #add(height, link) {
    this.#levels[height] ??= [];
    if (this.#levels[height].length === LINKS) this.#close(height);
    this.#levels[height].push(link);
  }

  #close(height) {
    const links = this.#levels[height];
    this.#levels[height] = [];
    if (!links.length) return;
    const file = links.reduce((sum, link) => sum + link.file, 0);
    const sizes = links.map((link) => joined([0x20], varint(link.file)));
    const data = joined([0x08, 0x02, 0x18], varint(file), ...sizes);
    const named = links.map((link) =>
      joined([0x12], delimited(joined([0x0a], delimited(link.cid), [0x12, 0x00, 0x18], varint(link.dag)))),
    );
    const node = joined(...named, [0x0a], delimited(data));
    this.#add(height + 1, {
      cid: binary(DAG_PB, node),
      file,
      dag: node.length + links.reduce((sum, link) => sum + link.dag, 0),
    });
  }
}

const binary = (codec, block) => joined([0x01, codec, 0x12, 0x20], sha256(block));
const delimited = (data) => joined(varint(data.length), data);

function varint(value) {
  const made = [];
  while (value >= 0x80) {
    made.push((value % 0x80) | 0x80);
    value = Math.floor(value / 0x80);
  }
  return [...made, value];
}

function text(cid) {
  let bits = 0;
  let held = 0;
  let out = "b";
  for (const byte of cid) {
    held = (held << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      out += LETTERS[(held >> bits) & 31];
    }
    held &= (1 << bits) - 1;
  }
  return bits ? out + LETTERS[(held << (5 - bits)) & 31] : out;
}
