// Contract calls to bytes and back (https://docs.soliditylang.org/en/latest/abi-spec.html).
// Decoding is strict: what does not encode to the same bytes again is refused, so a call has one reading only.

const WORD = 64; // hex digits
const MOST_ITEMS = 4096;

const arrayOf = (type) => /^(.*)\[(\d*)\]$/.exec(type);

function item(p) {
  const [, inner, length] = arrayOf(p.type);
  return [{ ...p, type: inner }, length];
}

function isDynamic(p) {
  if (arrayOf(p.type)) {
    const [inner, length] = item(p);
    return length === "" || isDynamic(inner);
  }
  if (p.type === "tuple") return p.components.some(isDynamic);
  return p.type === "bytes" || p.type === "string";
}

function headSize(p) {
  if (isDynamic(p)) return 32;
  if (arrayOf(p.type)) {
    const [inner, length] = item(p);
    return Number(length) * headSize(inner);
  }
  return p.type === "tuple" ? p.components.reduce((sum, c) => sum + headSize(c), 0) : 32;
}

// ENCODING

export function encode(types, values) {
  const heads = [];
  const tails = [];
  let offset = types.reduce((sum, p) => sum + headSize(p), 0);
  types.forEach((p, i) => {
    const value = Array.isArray(values) ? values[i] : values[p.name];
    if (value === undefined) throw new Error(`The argument ${p.name || i} is missing.`);
    const body = encodeOne(p, value);
    if (isDynamic(p)) {
      heads.push(unsigned(BigInt(offset)));
      tails.push(body);
      offset += body.length / 2;
    } else heads.push(body);
  });
  return heads.join("") + tails.join("");
}

const unsigned = (n) => n.toString(16).padStart(WORD, "0");

function encodeOne(p, value) {
  if (arrayOf(p.type)) {
    const [inner, length] = item(p);
    if (length !== "" && value.length !== Number(length)) throw new Error(`${p.name} has not ${length} items.`);
    const count = length === "" ? unsigned(BigInt(value.length)) : "";
    return count + encode(Array(value.length).fill(inner), value);
  }
  if (p.type === "tuple") return encode(p.components, value);
  if (p.type === "bytes") return run(strip(value));
  if (p.type === "string")
    return run(Array.from(new TextEncoder().encode(value), (b) => b.toString(16).padStart(2, "0")).join(""));
  return encodeWord(p, value);
}

function run(digits) {
  const padding = (WORD - (digits.length % WORD)) % WORD;
  return unsigned(BigInt(digits.length / 2)) + digits + "0".repeat(padding);
}

function encodeWord(p, value) {
  const { kind, size } = sized(p.type);
  if (kind === "bytes") {
    const digits = strip(value);
    if (digits.length !== 2 * size) throw new Error(`${p.name} has not ${size} bytes.`);
    return digits.padEnd(WORD, "0");
  }
  const n = kind === "bool" ? BigInt(Boolean(value)) : BigInt(value);
  const fits = kind === "int" ? BigInt.asIntN(size, n) === n : n >= 0n && n >> BigInt(size) === 0n;
  if (!fits) throw new Error(`${p.name || p.type} is out of range.`);
  return unsigned(BigInt.asUintN(256, n));
}

function sized(type) {
  if (type === "address") return { kind: "uint", size: 160 };
  if (type === "bool") return { kind: "bool", size: 1 };
  const [, kind, size] = /^(uint|int|bytes)(\d+)$/.exec(type) || [];
  if (!kind) throw new Error(`The type ${type} is not known.`);
  return { kind, size: Number(size) };
}

export const strip = (written) => (written.startsWith("0x") ? written.slice(2) : written).toLowerCase();

// DECODING

export function decode(types, data) {
  const digits = strip(data);
  const values = decodeMany(types, digits, 0);
  if (encode(types, values) !== digits) throw new Error("The call can be read in more than one way.");
  return values;
}

function decodeMany(types, digits, base) {
  let at = base;
  return types.map((p) => {
    const place = isDynamic(p) ? base + length(digits, at) : at;
    at += headSize(p);
    return decodeOne(p, digits, place);
  });
}

function wordAt(digits, place) {
  const found = digits.slice(2 * place, 2 * place + WORD);
  if (found.length !== WORD) throw new Error("The call is cut short.");
  return found;
}

function length(digits, place) {
  const n = BigInt(`0x${wordAt(digits, place)}`);
  if (n > 0xffffffn) throw new Error("The call points outside of itself.");
  return Number(n);
}

function decodeOne(p, digits, place) {
  if (arrayOf(p.type)) {
    const [inner, fixed] = item(p);
    const count = fixed === "" ? length(digits, place) : Number(fixed);
    if (count > MOST_ITEMS) throw new Error("The call holds too many items.");
    return decodeMany(Array(count).fill(inner), digits, fixed === "" ? place + 32 : place);
  }
  if (p.type === "tuple") {
    const values = decodeMany(p.components, digits, place);
    return Object.fromEntries(p.components.map((c, i) => [c.name || i, values[i]]));
  }
  if (p.type === "bytes" || p.type === "string") {
    const size = length(digits, place);
    const found = digits.slice(2 * (place + 32), 2 * (place + 32 + size));
    if (found.length !== 2 * size) throw new Error("The call is cut short.");
    if (p.type === "bytes") return `0x${found}`;
    const raw = Uint8Array.from({ length: size }, (_, i) => parseInt(found.slice(2 * i, 2 * i + 2), 16));
    return new TextDecoder("utf-8", { fatal: true }).decode(raw);
  }
  return decodeWord(p, wordAt(digits, place));
}

function decodeWord(p, found) {
  const { kind, size } = sized(p.type);
  if (kind === "bytes") return `0x${found.slice(0, 2 * size)}`;
  const n = BigInt(`0x${found}`);
  if (kind === "bool") return n === 1n;
  if (kind === "int") return BigInt.asIntN(256, n);
  return p.type === "address" ? `0x${found.slice(24)}` : n;
}

// FUNCTIONS: {name, selector, inputs, outputs}

export const encodeCall = (fn, values) => fn.selector + encode(fn.inputs, values);

export function decodeCall(fn, data) {
  const values = decode(fn.inputs, `0x${strip(data).slice(8)}`);
  return Object.fromEntries(fn.inputs.map((p, i) => [p.name || i, values[i]]));
}
