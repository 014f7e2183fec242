// Commands on UnixFS files and directories: add, cat, get, files/stat.
import { exporter, recursive } from 'ipfs-unixfs-exporter'
import { importer } from 'ipfs-unixfs-importer'
import { fixedSize } from 'ipfs-unixfs-importer/chunker'
import { balanced } from 'ipfs-unixfs-importer/layout'
import { pack } from 'tar-stream'
import { readable } from './dag.mjs'
import { RpcError } from './errors.mjs'
import { flag, integer, notImplemented, oneOf, parts, writeBytes, writeJson } from './http.mjs'

const CHUNK_BYTES = 256 * 1024
const MAX_CHUNK_BYTES = 1024 * 1024
const LINKS_PER_NODE = 174

const chunker = (value) => {
  const [, size] = /^size-(\d{1,7})$/.exec(value) ?? []
  if (size === undefined || size < 1 || size > MAX_CHUNK_BYTES) {
    throw new RpcError(400, `chunker ${value} is not implemented here (only size-1 to size-${MAX_CHUNK_BYTES})`)
  }
  return Number(size)
}

// Import parameters decide the CID, so what is not implemented is refused rather than ignored.
const ADD_OPTIONS = {
  chunker,
  'cid-version': (value) => Number(oneOf('0', '1')(value)),
  'raw-leaves': flag,
  pin: flag,
  'only-hash': flag,
  'wrap-with-directory': flag,
  hash: oneOf('sha2-256'),
  'max-file-links': oneOf(String(LINKS_PER_NODE)),
  trickle: notImplemented,
  nocopy: notImplemented,
  fscache: notImplemented,
  inline: notImplemented,
  progress: notImplemented,
  quiet: flag,
  quieter: flag,
  silent: flag
}

const discarding = { put: async (cid) => cid }

async function add ({ dag, pins, lock }, { request, response, options }) {
  const cidVersion = options['cid-version'] ?? 0
  const wrap = options['wrap-with-directory'] ?? false
  const store = options['only-hash'] ? discarding : dag
  const settings = {
    cidVersion,
    rawLeaves: options['raw-leaves'] ?? cidVersion === 1,
    chunker: fixedSize({ chunkSize: options.chunker ?? CHUNK_BYTES }),
    layout: balanced({ maxChildrenPerNode: LINKS_PER_NODE }),
    wrapWithDirectory: wrap,
    fileImportConcurrency: 1 // parts arrive one after the other
  }
  await lock.shared(async () => {
    const entries = []
    for await (const entry of importer(candidates(request), store, settings)) entries.push(entry)
    if ((options.pin ?? true) && !options['only-hash']) {
      for (const root of entries.filter(entry => isRoot(entry, wrap))) await pins.note(root.cid) // all below was stored
    }
    for (const { path, cid, size } of entries) {
      writeJson(response, { Name: path || cid.toString(), Hash: cid.toString(), Size: String(size) })
    }
  })
}

const isRoot = ({ path = '' }, wrap) => wrap ? path === '' : !path.includes('/')

async function * candidates (request) {
  for await (const { name, type, content } of parts(request)) {
    if (name.split('/').some(step => step === '..')) throw new RpcError(400, `file name ${name} leaves its directory`)
    if (type === 'application/x-directory') {
      content.resume()
      yield { path: name }
    } else if (type === 'application/symlink') {
      throw new RpcError(400, 'symbolic links are not implemented here')
    } else {
      yield { path: name || undefined, content }
    }
  }
}

const pathOf = (argument = '') => argument.replace(/^\/ipfs\//, '')

async function open ({ dag }, { args, options, signal }) {
  if (args.length !== 1) throw new RpcError(400, 'argument "ipfs-path" is required, once')
  const scope = { offline: options.offline, signal }
  return exporter(pathOf(args[0]), readable(dag, scope), { signal })
}

async function cat (node, call) {
  const entry = await open(node, call)
  if (!isFile(entry)) throw new RpcError(500, 'this dag node is a directory')
  const { offset, length } = call.options
  await writeBytes(call.response, entry.content({ offset, length, signal: call.signal }), 'text/plain')
}

async function get (node, call) {
  const root = await open(node, call)
  const archive = pack()
  const filled = fill(archive, root, node, call).then(() => archive.finalize(), error => archive.destroy(error))
  await writeBytes(call.response, archive, 'application/x-tar')
  await filled
}

async function fill (archive, root, { dag }, { options, signal }) {
  const blocks = readable(dag, { offline: options.offline, signal })
  const listing = isFile(root) ? [{ cid: root.cid, path: root.name }] : recursive(root.cid, blocks, { signal })
  for await (const { cid, path: name } of listing) {
    const entry = await exporter(cid, blocks, { signal })
    if (!isFile(entry)) {
      archive.entry({ name, type: 'directory' })
      continue
    }
    const writer = archive.entry({ name, size: Number(entry.size) })
    for await (const chunk of entry.content({ signal })) {
      if (!writer.write(chunk)) await new Promise(resolve => writer.once('drain', resolve))
    }
    writer.end()
  }
}

async function stat (node, call) {
  const entry = await open(node, call)
  let blocks = -1
  let cumulative = 0
  for await (const { bytes } of node.dag.walk(entry.cid, { offline: call.options.offline, signal: call.signal })) {
    blocks++
    cumulative += bytes.length
  }
  writeJson(call.response, {
    Hash: entry.cid.toString(),
    Size: isFile(entry) ? Number(entry.size) : 0,
    CumulativeSize: cumulative,
    Blocks: blocks,
    Type: isFile(entry) ? 'file' : 'directory'
  })
}

const isFile = (entry) => entry.type === 'file' || entry.type === 'raw'

export const fileCommands = {
  add: { options: ADD_OPTIONS, run: add },
  cat: { options: { offset: integer, length: integer, progress: flag }, run: cat },
  get: { options: { archive: flag, compress: notImplemented, progress: flag }, run: get },
  'files/stat': { run: stat }
}
