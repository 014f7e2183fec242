/*
 * Answers of the Solidity compiler, kept by what they follow from: the compiler, its front, the request and the
 * files that it read. They lie in `build/solc-cache`, or where ASSAY_SOLC_CACHE says (checkouts may share one;
 * empty: keep none). What cannot be read counts as absent; the oldest answers go when there are too many.
 */
"use strict";
const crypto = require("node:crypto");
const fs = require("node:fs");
const path = require("node:path");
const zlib = require("node:zlib");

const FOLDER = process.env.ASSAY_SOLC_CACHE ?? path.join(__dirname, "..", "build", "solc-cache");
const MOST_BYTES = 256 * 1024 * 1024;
const SUFFIX = ".json.gz";
const COMPILER = [__filename, path.join(__dirname, "solc"), require.resolve("solc/soljson.js")];

function digest(...contents) {
  const hash = crypto.createHash("sha256");
  for (const content of contents) hash.update(`${content.length}:`).update(content);
  return hash.digest("hex");
}

function fileOf(request) {
  return path.join(FOLDER, digest(...COMPILER.map((file) => fs.readFileSync(file)), request) + SUFFIX);
}

function isUnchanged([name, before]) {
  return digest(fs.readFileSync(name, "utf8")) === before;
}

/** What is kept for a request (its text): the text of the answer, and digests of the files read; or null. */
function find(request) {
  if (!FOLDER) return null;
  try {
    const file = fileOf(request);
    const { read, answer } = JSON.parse(zlib.gunzipSync(fs.readFileSync(file)));
    if (typeof answer !== "string" || !Object.entries(read).every(isUnchanged)) return null;
    fs.utimesSync(file, new Date(), new Date());
    return { answer, read };
  } catch {
    return null; // absent, damaged, or a file that it read is gone
  }
}

/** Keep the text of an answer. `read`: digests of the files that were read beside the request, by name. */
function keep(request, answer, read) {
  if (!FOLDER) return;
  const file = fileOf(request);
  const unfinished = `${file}.${process.pid}`;
  try {
    fs.mkdirSync(FOLDER, { recursive: true });
    fs.writeFileSync(unfinished, zlib.gzipSync(JSON.stringify({ read, answer }), { level: 1 }));
    fs.renameSync(unfinished, file);
    removeOldest();
  } catch (error) {
    console.error(`scripts/solc: cannot keep an answer in ${FOLDER}: ${error.message}`);
  }
}

function removeOldest() {
  const age = (file) => ({ file, ...fs.statSync(file) });
  const names = fs.readdirSync(FOLDER).map((name) => path.join(FOLDER, name));
  let bytes = 0;
  for (const { file, size } of names.map(age).sort((one, other) => other.mtimeMs - one.mtimeMs)) {
    bytes += size;
    if (bytes > MOST_BYTES) fs.rmSync(file, { force: true });
  }
}

module.exports = { digest, find, keep };
