// Blocks as files. blockstore-fs gives one temporary name to all writers of a block, so that two clients
// adding the same bytes at once trip over each other; here each writer has its own. It also reads in pieces of
// 64 KiB; blocks are small enough to be read at once.
import { randomUUID } from 'node:crypto'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { FsBlockstore } from 'blockstore-fs'
import { NotFoundError } from 'interface-store'

export class AtomicBlockstore extends FsBlockstore {
  #folders = new Set() // that exist

  async put (cid, bytes, options) {
    options?.signal?.throwIfAborted()
    const { dir, file } = this.shardingStrategy.encode(cid)
    const folder = path.join(this.path, dir)
    const target = path.join(folder, file)
    if (!this.#folders.has(folder)) {
      await mkdir(folder, { recursive: true })
      this.#folders.add(folder)
    }
    const temporary = `${target}.${randomUUID()}.tmp`
    try {
      await writeFile(temporary, bytes, { flag: 'wx' })
      await rename(temporary, target)
    } catch (error) {
      await rm(temporary, { force: true })
      throw error
    }
    return cid
  }

  async * get (cid, options) {
    options?.signal?.throwIfAborted()
    const { dir, file } = this.shardingStrategy.encode(cid)
    try {
      yield await readFile(path.join(this.path, dir, file))
    } catch (error) {
      throw error.code === 'ENOENT' ? new NotFoundError(`${cid} is not here`) : error
    }
  }
}
