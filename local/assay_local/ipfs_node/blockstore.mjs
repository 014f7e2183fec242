// Blocks as files. blockstore-fs gives one temporary name to all writers of a block, so that two clients
// adding the same bytes at once trip over each other; here each writer has its own.
import { randomUUID } from 'node:crypto'
import { mkdir, open, rename, rm } from 'node:fs/promises'
import path from 'node:path'
import { FsBlockstore } from 'blockstore-fs'

export class AtomicBlockstore extends FsBlockstore {
  async put (cid, bytes, options) {
    options?.signal?.throwIfAborted()
    const { dir, file } = this.shardingStrategy.encode(cid)
    const folder = path.join(this.path, dir)
    const target = path.join(folder, file)
    if (await this.has(cid)) return cid
    await mkdir(folder, { recursive: true })
    const temporary = `${target}.${randomUUID()}.tmp`
    const handle = await open(temporary, 'wx')
    try {
      for await (const part of asParts(bytes)) await handle.writeFile(part)
      await handle.close()
      await rename(temporary, target)
    } catch (error) {
      await handle.close().catch(() => {})
      await rm(temporary, { force: true })
      throw error
    }
    return cid
  }
}

const asParts = (bytes) => bytes instanceof Uint8Array ? [bytes] : bytes
