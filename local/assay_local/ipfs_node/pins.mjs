// Pins are roots in the datastore; what they hold is found by walking at collection time. (Helia's own pins
// count references per block, and two pins sharing a block can lose it.)
import { Key } from 'interface-datastore'
import { CID } from 'multiformats/cid'
import { RAW } from './dag.mjs'
import { RpcError } from './errors.mjs'

const PREFIX = '/assay/pins'
const keyOf = (cid) => new Key(`${PREFIX}/${cid}`)

export class Pins {
  #datastore
  #local
  #dag

  constructor (datastore, local, dag) {
    this.#datastore = datastore
    this.#local = local
    this.#dag = dag
  }

  async add (cid, { recursive = true, ...options } = {}) {
    if (recursive) {
      for await (const block of this.#dag.walk(cid, { unread: true, ...options })) {
        if (block.bytes) await this.#keep(block)
      }
    } else {
      await this.#keep({ cid, bytes: await this.#dag.block(cid, options) })
    }
    await this.note(cid, recursive ? 'recursive' : 'direct')
  }

  // Pins what is known to be here.
  async note (cid, type = 'recursive') {
    await this.#datastore.put(keyOf(cid), Buffer.from(type))
  }

  async remove (cid) {
    if (!await this.#datastore.has(keyOf(cid))) throw new RpcError(500, 'not pinned or pinned indirectly')
    await this.#datastore.delete(keyOf(cid))
  }

  async * list () {
    for await (const { key, value } of this.#datastore.query({ prefix: PREFIX })) {
      yield { cid: CID.parse(key.name()), type: Buffer.from(value).toString() }
    }
  }

  async typeOf (cid) {
    return await this.#datastore.has(keyOf(cid)) ? Buffer.from(await this.#datastore.get(keyOf(cid))).toString() : undefined
  }

  // The multihashes of all blocks held by pins.
  async held () {
    const held = new Set()
    for await (const { cid, type } of this.list()) {
      if (type === 'direct') held.add(hashKey(cid))
      else for await (const block of this.#dag.walk(cid, { offline: true, unread: true })) held.add(hashKey(block.cid))
    }
    return held
  }

  // Deletes every block that no pin holds; yields what went. Call with the exclusive lock.
  async * collect () {
    const held = await this.held()
    for await (const { cid } of this.#local.getAll()) {
      if (held.has(hashKey(cid))) continue
      await this.#local.delete(cid)
      yield CID.createV1(RAW, cid.multihash) // files are named by hash alone
    }
  }

  async #keep ({ cid, bytes }) {
    if (!await this.#local.has(cid)) await this.#local.put(cid, bytes)
  }
}

export const hashKey = (cid) => Buffer.from(cid.multihash.bytes).toString('base64')
