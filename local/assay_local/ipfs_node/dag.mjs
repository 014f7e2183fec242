// Reading blocks, from here or from peers, and walking the graphs that they form.
import * as dagPb from '@ipld/dag-pb'
import { sha256 } from 'multiformats/hashes/sha2'
import { CID } from 'multiformats/cid'
import { RpcError } from './errors.mjs'

export const RAW = 0x55
export const MAX_BLOCK_BYTES = 2 * 1024 * 1024 // what bitswap carries
const SHA2_256 = 0x12
const MAX_DEPTH = 64

export function parseCid (text) {
  try {
    return CID.parse(text.replace(/^\/ipfs\//, ''))
  } catch {
    throw new RpcError(400, `invalid path ${JSON.stringify(text.slice(0, 100))}: not a CID`)
  }
}

export function linksOf (cid, bytes) {
  if (cid.code === RAW) return []
  if (cid.code !== dagPb.code) throw new RpcError(500, `codec 0x${cid.code.toString(16)} is not supported`)
  return dagPb.decode(bytes).Links.map(link => link.Hash)
}

export async function cidOf (bytes, codec, version = 1) {
  const digest = await sha256.digest(bytes)
  return version === 0 ? CID.createV0(digest) : CID.createV1(codec, digest)
}

const tooLarge = (cid) => new RpcError(500, `block ${cid} is larger than ${MAX_BLOCK_BYTES} bytes`)

export class Dag {
  #helia
  #local

  constructor (helia, local) {
    this.#helia = helia
    this.#local = local
  }

  // A block's bytes. Without a peer to ask, a missing block is an immediate answer rather than a long wait.
  async block (cid, { offline = false, signal } = {}) {
    signal?.throwIfAborted()
    const here = this.#local.read(cid)
    if (here !== undefined) {
      if (here.length > MAX_BLOCK_BYTES) throw tooLarge(cid)
      return here
    }
    if (offline || this.#helia.libp2p.getPeers().length === 0) {
      throw new RpcError(500, `block was not found locally (offline): ipld: could not find ${cid}`)
    }
    const parts = []
    let size = 0
    for await (const part of this.#helia.blockstore.get(cid, { signal })) {
      size += part.byteLength
      if (size > MAX_BLOCK_BYTES) throw tooLarge(cid)
      parts.push(part)
    }
    return parts.length === 1 ? parts[0] : Buffer.concat(parts)
  }

  // Stores a block, and tells peers that may wait for it.
  async put (cid, bytes) {
    if (this.#helia.libp2p.getPeers().length === 0) return this.#local.put(cid, bytes)
    return this.#helia.blockstore.put(cid, bytes)
  }

  // Stores bytes under a CID that somebody else claims for them.
  async putVerified (cid, bytes) {
    if (cid.multihash.code !== SHA2_256) throw new RpcError(500, `hash 0x${cid.multihash.code.toString(16)} is not supported`)
    const actual = await cidOf(bytes, cid.code)
    if (!Buffer.from(actual.multihash.bytes).equals(cid.multihash.bytes)) {
      throw new RpcError(500, `mismatch in content integrity, expected: ${cid}, got: ${actual}`)
    }
    await this.put(cid, bytes)
  }

  // Every distinct block under a root, depth first, parents before children. With `unread`, raw leaves that are here
  // come without their bytes.
  async * walk (root, { unread = false, ...options } = {}) {
    const seen = new Set()
    const stack = [{ cid: root, depth: 0 }]
    while (stack.length > 0) {
      const { cid, depth } = stack.pop()
      if (seen.has(cid.toString())) continue
      if (depth > MAX_DEPTH) throw new RpcError(500, `graph under ${root} is deeper than ${MAX_DEPTH}`)
      seen.add(cid.toString())
      if (unread && cid.code === RAW && await this.#local.has(cid)) {
        yield { cid }
        continue
      }
      const bytes = await this.block(cid, options)
      yield { cid, bytes }
      stack.push(...linksOf(cid, bytes).reverse().map(child => ({ cid: child, depth: depth + 1 })))
    }
  }
}

// For node and exporter interfaces that want a blockstore: reads through `Dag.block`.
export const readable = (dag, options) => ({
  async * get (cid) { yield await dag.block(cid, options) }
})
