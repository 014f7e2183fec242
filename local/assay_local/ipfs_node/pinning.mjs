// Commands on what is kept: pin/*, repo/*.
import { parseCid } from './dag.mjs'
import { RpcError } from './errors.mjs'
import { flag, notImplemented, oneOf, writeJson } from './http.mjs'

async function add ({ pins, lock }, { args, options, response, signal }) {
  const cids = args.map(parseCid)
  const { recursive = true, offline } = options
  await lock.shared(async () => {
    for (const cid of cids) await pins.add(cid, { recursive, offline, signal })
  })
  writeJson(response, { Pins: cids.map(String) })
}

async function remove ({ pins }, { args, response }) {
  const cids = args.map(parseCid)
  for (const cid of cids) await pins.remove(cid)
  writeJson(response, { Pins: cids.map(String) })
}

async function list ({ pins }, { args, options, response }) {
  const wanted = options.type ?? 'all'
  const keys = {}
  if (args.length > 0) {
    for (const cid of args.map(parseCid)) {
      const type = await pins.typeOf(cid)
      if (type === undefined || !['all', type].includes(wanted)) throw new RpcError(500, `path '${cid}' is not pinned`)
      keys[cid] = { Type: type }
    }
  } else {
    for await (const { cid, type } of pins.list()) {
      if (['all', type].includes(wanted)) keys[cid] = { Type: type }
    }
  }
  writeJson(response, { Keys: keys })
}

async function collect ({ pins, lock }, { response }) {
  await lock.exclusive(async () => {
    for await (const cid of pins.collect()) writeJson(response, { Key: { '/': cid.toString() } })
  })
}

async function stat ({ local, helia }, { response }) {
  let objects = 0
  let size = 0
  for await (const { bytes } of local.getAll()) {
    objects++
    for await (const part of bytes) size += part.length
  }
  writeJson(response, { NumObjects: objects, RepoSize: size, RepoPath: local.path, Version: `helia@${helia.info.version}` })
}

export const pinCommands = {
  'pin/add': { options: { recursive: flag, progress: notImplemented }, run: add },
  'pin/rm': { options: { recursive: flag }, run: remove },
  'pin/ls': { options: { type: oneOf('all', 'direct', 'recursive'), quiet: flag }, run: list },
  'repo/gc': { options: { quiet: flag }, run: collect },
  'repo/stat': { run: stat }
}
