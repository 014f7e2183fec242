// Commands on single blocks and on graphs of them: block/*, dag/*.
import { CarBlockIterator } from '@ipld/car/iterator'
import { createWriter, headerLength } from '@ipld/car/buffer-writer'
import { varint } from 'multiformats'
import * as dagPb from '@ipld/dag-pb'
import { cidOf, linksOf, MAX_BLOCK_BYTES, parseCid, RAW } from './dag.mjs'
import { RpcError } from './errors.mjs'
import { flag, notImplemented, oneOf, parts, writeBytes, writeJson } from './http.mjs'
import { hashKey } from './pins.mjs'

const CODECS = { raw: RAW, 'dag-pb': dagPb.code }

const only = ({ args }) => {
  if (args.length !== 1) throw new RpcError(400, 'argument "cid" is required, once')
  return parseCid(args[0])
}
const scope = ({ options, signal }) => ({ offline: options.offline, signal })

async function put ({ dag, pins, lock }, { request, response, options }) {
  const codec = CODECS[options['cid-codec'] ?? 'raw']
  for await (const { content } of parts(request)) {
    const bytes = await readAtMost(content, MAX_BLOCK_BYTES)
    const cid = await cidOf(bytes, codec)
    linksOf(cid, bytes)
    await lock.shared(async () => {
      await dag.putVerified(cid, bytes)
      if (options.pin) await pins.add(cid, { offline: true })
    })
    writeJson(response, { Key: cid.toString(), Size: bytes.length })
  }
}

async function readAtMost (content, limit) {
  const chunks = []
  let size = 0
  for await (const chunk of content) {
    size += chunk.length
    if (size > limit) throw new RpcError(413, `produced block is over ${limit} bytes`)
    chunks.push(chunk)
  }
  return Buffer.concat(chunks)
}

async function get ({ dag }, call) {
  await writeBytes(call.response, [await dag.block(only(call), scope(call))])
}

async function stat ({ dag }, call) {
  const cid = only(call)
  writeJson(call.response, { Key: cid.toString(), Size: (await dag.block(cid, scope(call))).length })
}

async function remove ({ local, pins, lock }, { args, options, response }) {
  await lock.exclusive(async () => {
    const held = await pins.held()
    for (const cid of args.map(parseCid)) {
      if (held.has(hashKey(cid))) {
        writeJson(response, { Hash: cid.toString(), Error: 'pinned' })
      } else if (!options.force && !await local.has(cid)) {
        writeJson(response, { Hash: cid.toString(), Error: `ipld: could not find ${cid}` })
      } else {
        await local.delete(cid)
        writeJson(response, { Hash: cid.toString() })
      }
    }
  })
}

async function exportDag ({ dag }, call) {
  const root = only(call)
  await dag.block(root, scope(call)) // a missing root is a proper error, not a broken archive
  await writeBytes(call.response, archive(root, dag.walk(root, scope(call))), 'application/vnd.ipld.car')
}

// A CAR (https://ipld.io/specs/transport/car/carv1/) whose blocks are handed on as they are read.
async function * archive (root, blocks) {
  yield createWriter(new ArrayBuffer(headerLength({ roots: [root] })), { roots: [root] }).close()
  for await (const { cid, bytes } of blocks) {
    const name = cid.bytes
    const length = name.length + bytes.length
    const head = varint.encodeTo(length, new Uint8Array(varint.encodingLength(length)))
    yield Buffer.concat([head, name])
    yield bytes
  }
}

async function importDag ({ dag, pins, lock }, { request, response, options }) {
  await lock.shared(async () => {
    const roots = []
    for await (const { content } of parts(request)) {
      const archive = await CarBlockIterator.fromIterable(content)
      roots.push(...await archive.getRoots())
      for await (const { cid, bytes } of archive) {
        if (bytes.length > MAX_BLOCK_BYTES) throw new RpcError(413, `block ${cid} is over ${MAX_BLOCK_BYTES} bytes`)
        await dag.putVerified(cid, bytes)
      }
    }
    for (const root of roots) {
      if (options['pin-roots'] ?? true) await pins.add(root, { offline: true })
      if (!options.silent) writeJson(response, { Root: { Cid: { '/': root.toString() }, PinErrorMsg: '' } })
    }
  })
}

async function statDag ({ dag }, call) {
  const root = only(call)
  let blocks = 0
  let size = 0
  for await (const { bytes } of dag.walk(root, scope(call))) {
    blocks++
    size += bytes.length
  }
  writeJson(call.response, {
    UniqueBlocks: blocks,
    TotalSize: size,
    SharedSize: 0,
    Ratio: 1,
    DagStats: [{ Cid: { '/': root.toString() }, Size: size, NumBlocks: blocks }]
  })
}

export const blockCommands = {
  'block/put': {
    options: {
      'cid-codec': oneOf(...Object.keys(CODECS)),
      mhtype: oneOf('sha2-256'),
      mhlen: oneOf('-1', '32'),
      pin: flag,
      'allow-big-block': notImplemented
    },
    run: put
  },
  'block/get': { run: get },
  'block/stat': { run: stat },
  'block/rm': { options: { force: flag, quiet: flag }, run: remove },
  'dag/export': { options: { progress: flag }, run: exportDag },
  'dag/import': { options: { 'pin-roots': flag, silent: flag, 'allow-big-block': notImplemented }, run: importDag },
  'dag/stat': { options: { progress: notImplemented }, run: statDag }
}
