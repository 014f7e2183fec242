// What an ONNX file declares: operator set, inputs, outputs. It is read piece by piece and nothing of it runs. The twin
// of assay/markets/onnx_graph.py; field numbers as in https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.
import { say } from "./market.js";

const PIECE = 1 << 20;
const HEAD = 20; // bytes: a tag and a number
const MOST_BYTES = 2 ** 31 - 1;
const MOST_NAME = 65536;
const MOST_DEPTH = 20;
const EXTERNAL = 1;
const [NUMBER, EIGHT_BYTES, BYTES, FOUR_BYTES] = [0, 1, 2, 5];
const DTYPES = "- float32 uint8 int8 uint16 int16 int32 int64 string bool float16 float64 uint32 uint64".split(" ");

class Broken extends Error {}

class Reader {
  #blob;
  #piece = new Uint8Array(0);
  #from = 0;
  at = 0;

  constructor(blob) {
    this.#blob = blob;
  }

  async #holds(count) {
    const end = this.#from + this.#piece.length;
    if (this.at >= this.#from && this.at + count <= end) return;
    if (this.at >= this.#from && end === this.#blob.size) return;
    this.#from = this.at;
    const raw = await this.#blob.slice(this.at, this.at + Math.max(PIECE, count)).arrayBuffer();
    this.#piece = new Uint8Array(raw);
  }

  #varint() {
    let value = 0;
    for (let place = 0; place < 10; place++) {
      const byte = this.#piece[this.at++ - this.#from];
      if (byte === undefined) throw new Broken();
      value += (byte & 0x7f) * 2 ** (7 * place);
      if (byte < 0x80) return value;
    }
    throw new Broken();
  }

  // The next field: its number, and its value where that is a number, or where its bytes end.
  async field(end) {
    await this.#holds(HEAD);
    const tag = this.#varint();
    const [number, wire] = [Math.floor(tag / 8), tag % 8];
    if (!number) throw new Broken();
    if (wire === NUMBER) return { number, value: this.#varint() };
    const size = { [BYTES]: () => this.#varint(), [EIGHT_BYTES]: () => 8, [FOUR_BYTES]: () => 4 }[wire];
    if (!size) throw new Broken();
    const stop = size() + this.at;
    if (stop > end) throw new Broken();
    return { number, stop: wire === BYTES ? stop : null, past: stop };
  }

  async text(stop) {
    const size = stop - this.at;
    if (size > MOST_NAME) throw new Broken();
    await this.#holds(size);
    const from = this.at - this.#from;
    return new TextDecoder("utf-8", { fatal: true }).decode(this.#piece.subarray(from, from + size));
  }
}

// Read a message up to `end`; `takes` has what is done with a field, by its number.
async function message(reader, end, takes) {
  while (reader.at < end) {
    const { number, value, stop, past } = await reader.field(end);
    if (value !== undefined) takes[number]?.(value);
    else {
      if (stop !== null) await takes[number]?.(stop);
      reader.at = past;
    }
  }
  if (reader.at !== end) throw new Broken();
}

// Operator set, inputs and outputs of a Blob, as a model's manifest has them; raises where it is no ONNX model, or
// keeps its numbers in another file.
export async function interfaceOf(blob) {
  if (!blob?.size) throw new Error(await say("onnx.empty"));
  if (blob.size > MOST_BYTES) throw new Error(await say("onnx.large"));
  const found = { versions: [], inputs: [], outputs: [], own: new Set(), outside: false };
  const reader = new Reader(blob);
  try {
    await message(reader, blob.size, {
      7: (stop) => graph(reader, stop, found, 0),
      8: (stop) => operators(reader, stop, found),
    });
  } catch (error) {
    if (!(error instanceof Broken) && !(error instanceof TypeError)) throw error; // TypeError: a name is no UTF-8
    throw new Error(await say("onnx.none"));
  }
  if (!found.outputs.length) throw new Error(await say("onnx.none"));
  if (found.outside) throw new Error(await say("onnx.outside"));
  const inputs = found.inputs.filter((one) => !found.own.has(one.name));
  const odd = [...inputs, ...found.outputs].find((one) => !one.dtype || one.shape.some((size) => size >= 2 ** 31));
  if (odd) throw new Error(await say("onnx.odd", { name: odd.name.slice(0, 100) }));
  return { opset: Math.max(...found.versions, 0) || 1, inputs, outputs: found.outputs };
}

async function operators(reader, end, found) {
  let [domain, version] = ["", 0];
  await message(reader, end, {
    1: async (stop) => (domain = await reader.text(stop)),
    2: (value) => (version = value),
  });
  if (domain === "" || domain === "ai.onnx") found.versions.push(version);
}

// A graph; of those inside of it only where their numbers are.
async function graph(reader, end, found, depth) {
  if (depth > MOST_DEPTH) throw new Broken();
  const takes = {
    1: (stop) => node(reader, stop, found, depth),
    5: async (stop) => {
      const name = await tensor(reader, stop, found);
      if (!depth) found.own.add(name);
    },
  };
  if (!depth) {
    takes[11] = async (stop) => found.inputs.push(await declared(reader, stop));
    takes[12] = async (stop) => found.outputs.push(await declared(reader, stop));
  }
  await message(reader, end, takes);
}

async function node(reader, end, found, depth) {
  const constant = (stop) => tensor(reader, stop, found);
  const body = (stop) => graph(reader, stop, found, depth + 1);
  const attribute = (stop) => message(reader, stop, { 5: constant, 6: body, 10: constant, 11: body });
  await message(reader, end, { 5: attribute });
}

async function tensor(reader, end, found) {
  let name = "";
  await message(reader, end, {
    8: async (stop) => (name = await reader.text(stop)),
    14: (value) => (found.outside ||= value === EXTERNAL),
  });
  return name;
}

// An input or an output: {name, dtype, shape}, whose dtype is missing where this page has no name for it.
async function declared(reader, end) {
  const made = { name: "", dtype: "sequence", shape: [] };
  const other = () => Object.assign(made, { dtype: "sequence", shape: [] });
  const dense = async (stop) => {
    Object.assign(made, { dtype: undefined, shape: [] });
    await message(reader, stop, {
      1: (value) => (made.dtype = value ? DTYPES[value] : undefined),
      2: (until) => message(reader, until, { 1: async (to) => made.shape.push(await dimension(reader, to)) }),
    });
  };
  await message(reader, end, {
    1: async (stop) => (made.name = await reader.text(stop)),
    2: (stop) => message(reader, stop, { 1: dense, 4: other, 5: other, 8: other, 9: other }),
  });
  return made;
}

async function dimension(reader, end) {
  let size = null;
  await message(reader, end, { 1: (value) => (size = value), 2: () => (size = null) });
  return size;
}
