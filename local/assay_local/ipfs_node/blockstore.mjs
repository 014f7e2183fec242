// Blocks as files. blockstore-fs gives one temporary name to all writers of a block, so that two clients
// adding the same bytes at once trip over each other; here each writer has its own. Files are written and read at
// once and not in the thread pool: for a block, handing the work over takes longer than doing it.
import { existsSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { FsBlockstore } from 'blockstore-fs'
import { NotFoundError } from 'interface-store'

export class AtomicBlockstore extends FsBlockstore {
  #folders = new Set() // that exist
  #writes = 0

  async put (cid, bytes, options) {
    options?.signal?.throwIfAborted()
    const { dir, file } = this.shardingStrategy.encode(cid)
    const folder = path.join(this.path, dir)
    const target = path.join(folder, file)
    if (existsSync(target)) return cid
    if (!this.#folders.has(folder)) {
      mkdirSync(folder, { recursive: true })
      this.#folders.add(folder)
    }
    const temporary = `${target}.${process.pid}.${this.#writes++}.tmp`
    try {
      writeFileSync(temporary, bytes)
      renameSync(temporary, target)
    } catch (error) {
      rmSync(temporary, { force: true })
      throw error
    }
    return cid
  }

  async has (cid, options) {
    options?.signal?.throwIfAborted()
    return existsSync(this.#path(cid))
  }

  async * get (cid, options) {
    options?.signal?.throwIfAborted()
    const block = this.read(cid)
    if (block === undefined) throw new NotFoundError(`${cid} is not here`)
    yield block
  }

  // A block that is here, or undefined.
  read (cid) {
    try {
      return readFileSync(this.#path(cid))
    } catch (error) {
      if (error.code === 'ENOENT') return undefined
      throw error
    }
  }

  #path (cid) {
    const { dir, file } = this.shardingStrategy.encode(cid)
    return path.join(this.path, dir, file)
  }
}
